import { isAedileError } from '@aedile/core/errors'
import { deploymentFlowRunCreate, flowRun } from '@aedile/core/resources/flow-run'
import { timestamp, uuid } from '@aedile/core/resources/scalars'
import { MICROSECONDS_PER_SECOND, parseTimestamp } from '@aedile/core/time'
import { z } from 'zod'
import { writeAnnounced } from '../../orchestration/announce.ts'
import { readClientFacts } from '../../orchestration/client-facts.ts'
import { buildHorizon, scheduleRuns } from '../../scheduling/schedule-runs.ts'
import { readPage } from '../../store/queries/page.ts'
import { describeUnknownVariables } from '../../validation/unknown-variables.ts'
import { answerDeploymentPoll } from '../flow-runs/scheduled.ts'
import { readFlowRun } from '../flow-runs/search.ts'
import { HttpError, keyedBody, type Route, route } from '../route.ts'
import { createDeploymentRun } from './create-deployment-run.ts'
import { findDeployment, lockDeployment } from './find-deployment.ts'

const BULK_CREATE_LIMIT = 100
const params = z.object({ id: uuid })
const createdRun = z.object({
  flow_run_id: uuid.nullable(),
  status: z.enum(['CREATED', 'FAILED']),
  error: z.string().nullable(),
})

/** Making runs of a deployment. Source: WC 6.3, 10. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/deployments/:id/create_flow_run',
    summary: 'Make a run of a deployment',
    resource: 'flow-run',
    action: 'create',
    params,
    body: deploymentFlowRunCreate,
    responses: { 201: flowRun, 200: flowRun, 400: null, 404: null, 409: null },
    async handle({ workspace, principal, request, params: { id }, body, reply }) {
      const client = readClientFacts(request.headers, principal)
      const { run, created } = await writeAnnounced(workspace, async (transaction) => {
        const made = await createDeploymentRun(transaction, workspace, id, body, { client, headers: request.headers })
        return { run: await readFlowRun(transaction.db, made.id), created: made.created }
      })
      if (created) workspace.changes.emit('dispatch', [])
      reply.code(created ? 201 : 200)
      return { ...run, ...(await describeUnknownVariables(workspace.store.db, run?.work_queue_id ?? null, body.job_variables)) }
    },
  }),
  route({
    method: 'POST',
    path: '/deployments/:id/create_flow_run/bulk',
    summary: 'Make several runs of a deployment, each accepted or refused by itself',
    resource: 'flow-run',
    action: 'create',
    params,
    body: z.array(deploymentFlowRunCreate),
    responses: { 200: z.object({ results: z.array(createdRun) }), 400: null, 404: null },
    async handle({ workspace, principal, request, params: { id }, body }) {
      if (body.length > BULK_CREATE_LIMIT) {
        throw new HttpError(400, `Cannot create more than ${BULK_CREATE_LIMIT} flow runs at once. Received ${body.length}.`)
      }
      await findDeployment(workspace.store.db, id)
      const client = readClientFacts(request.headers, principal)
      const results = await Promise.all(
        body.map(async (wanted): Promise<z.output<typeof createdRun>> => {
          try {
            const run = await writeAnnounced(workspace, (transaction) =>
              createDeploymentRun(transaction, workspace, id, wanted, { client, headers: request.headers }),
            )
            return { flow_run_id: run.id, status: 'CREATED', error: null }
          } catch (error) {
            return { flow_run_id: null, status: 'FAILED', error: reasonOf(error) }
          }
        }),
      )
      workspace.changes.emit('dispatch', [])
      return { results }
    },
  }),
  route({
    method: 'POST',
    path: '/deployments/get_scheduled_flow_runs',
    summary: 'Read the runs that a process which serves these deployments may start now',
    resource: 'flow-run',
    action: 'read',
    body: keyedBody({ deployment_ids: z.array(uuid), scheduled_before: timestamp.optional(), limit: z.int().optional() }),
    responses: { 200: z.array(flowRun) },
    handle: ({ workspace, body }) => {
      const { limit } = readPage(body, workspace.settings.defaultLimit)
      return answerDeploymentPoll(workspace, { ...body, limit })
    },
  }),
  route({
    method: 'POST',
    path: '/deployments/:id/schedule',
    summary: 'Make the coming runs of a deployment, or those of a time in the past',
    resource: 'deployment',
    action: 'run',
    params,
    body: keyedBody({
      start_time: timestamp.optional(),
      end_time: timestamp.optional(),
      min_time: z.number().min(0).optional(),
      min_runs: z.int().min(0).optional(),
      max_runs: z.int().min(0).max(1000).optional(),
    }),
    responses: { 200: null },
    async handle({ workspace, params: { id }, body }) {
      const horizon = buildHorizon({
        start: parseTimestamp(body.start_time) ?? undefined,
        end: parseTimestamp(body.end_time) ?? undefined,
        minTime: body.min_time === undefined ? undefined : Math.round(body.min_time * MICROSECONDS_PER_SECOND),
        minRuns: body.min_runs,
        maxRuns: body.max_runs,
      })
      await workspace.store.write(async (transaction) => {
        const deployment = await lockDeployment(transaction, id)
        const schedules = await transaction.db
          .selectFrom('deployment_schedule')
          .selectAll()
          .where('deployment_id', '=', id)
          .execute()
        await scheduleRuns(transaction, deployment, schedules, horizon)
      })
      workspace.changes.emit('dispatch', [])
      return null
    },
  }),
]

/** What is said of a refused run. What is our fault is thrown on. */
function reasonOf(error: unknown): string {
  if (error instanceof HttpError) return String(error.body.detail ?? error.message)
  if (isAedileError(error)) return error.message
  throw error
}
