import { deployment, deploymentCreate, deploymentUpdate } from '@aedile/core/resources/deployment'
import { uuid } from '@aedile/core/resources/scalars'
import { workQueue } from '@aedile/core/resources/work-pool'
import { nowMicroseconds } from '@aedile/core/time'
import { z } from 'zod'
import { emitDeploymentUpdate } from '../../resource-events/deployment-events.ts'
import { deleteScheduledRuns } from '../../scheduling/delete-scheduled-runs.ts'
import type { Workspace } from '../../workspace.ts'
import { readCreator } from '../flow-runs/create-ad-hoc-flow-run.ts'
import { HttpError, type Route, route } from '../route.ts'
import { toWorkQueue } from '../work-queues/work-queue-document.ts'
import { checkDeployment, readSent } from './check-deployment.ts'
import { deleteDeployment } from './delete-deployment.ts'
import { loadDeployment } from './deployment-document.ts'
import { findDeployment, lockDeployment } from './find-deployment.ts'
import { routes as runRoutes } from './run-routes.ts'
import { routes as scheduleRoutes } from './schedule-routes.ts'
import { routes as searchRoutes } from './search-routes.ts'
import { updateDeployment } from './update-deployment.ts'
import { upsertDeployment } from './upsert-deployment.ts'
import { acceptSchedules } from './write-schedules.ts'

const params = z.object({ id: uuid })

/** Source: WC 4, 5.7, 10. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/deployments/',
    summary: 'Make a deployment, or write over the one of that flow and name',
    resource: 'deployment',
    action: 'create',
    body: deploymentCreate,
    responses: { 201: deployment, 200: deployment, 404: null, 409: null },
    async handle({ workspace, request, body, reply }) {
      const sent = readSent(request.body)
      checkDeployment(body, sent)
      const accepted = { ...body, schedules: body.schedules && acceptSchedules(body.schedules, ['body', 'schedules'], body) }
      const { deployment: row, created } = await workspace.store.write((transaction) =>
        upsertDeployment(transaction, workspace, accepted, { sent, creator: readCreator(request.headers) }),
      )
      reply.code(created ? 201 : 200)
      return loadDeployment(workspace.store.db, row)
    },
  }),
  route({
    method: 'PATCH',
    path: '/deployments/:id',
    summary: 'Change a deployment',
    resource: 'deployment',
    action: 'update',
    params,
    body: deploymentUpdate,
    responses: { 204: null, 404: null, 409: null },
    async handle({ workspace, request, params: { id }, body, reply }) {
      checkDeployment(body, readSent(request.body))
      const accepted = { ...body, schedules: body.schedules && acceptSchedules(body.schedules, ['body', 'schedules'], body) }
      await workspace.store.write((transaction) => updateDeployment(transaction, workspace, id, accepted))
      reply.code(204)
    },
  }),
  route({
    method: 'GET',
    path: '/deployments/name/:flow_name/:deployment_name',
    summary: 'Read a deployment by the names of its flow and itself',
    resource: 'deployment',
    action: 'read',
    params: z.object({ flow_name: z.string(), deployment_name: z.string() }),
    responses: { 200: deployment, 404: null },
    async handle({ workspace: { store }, params: { flow_name, deployment_name } }) {
      const row = await store.db
        .selectFrom('deployment')
        .innerJoin('flow', 'flow.id', 'deployment.flow_id')
        .selectAll('deployment')
        .where('flow.name', '=', flow_name)
        .where('deployment.name', '=', deployment_name)
        .executeTakeFirst()
      if (!row) throw new HttpError(404, 'Deployment not found')
      return loadDeployment(store.db, row)
    },
  }),
  route({
    method: 'GET',
    path: '/deployments/:id',
    summary: 'Read a deployment',
    resource: 'deployment',
    action: 'read',
    params,
    responses: { 200: deployment, 404: null },
    async handle({ workspace: { store }, params: { id } }) {
      return loadDeployment(store.db, await findDeployment(store.db, id))
    },
  }),
  route({
    method: 'DELETE',
    path: '/deployments/:id',
    summary: 'Delete a deployment; its runs that began stay',
    resource: 'deployment',
    action: 'delete',
    params,
    responses: { 204: null, 404: null },
    async handle({ workspace, params: { id }, reply }) {
      const deleted = await workspace.store.write((transaction) => deleteDeployment(transaction, workspace, id))
      if (!deleted) throw new HttpError(404, 'Deployment not found')
      reply.code(204)
    },
  }),
  pauseRoute('pause_deployment', true),
  pauseRoute('resume_deployment', false),
  route({
    method: 'GET',
    path: '/deployments/:id/work_queue_check',
    summary: 'List the queues that hand out the runs of a deployment',
    resource: 'deployment',
    action: 'read',
    params,
    responses: { 200: z.array(workQueue), 404: null },
    async handle({ workspace: { store }, params: { id } }) {
      const { work_queue_id } = await findDeployment(store.db, id)
      const queues = await store.db
        .selectFrom('work_queue')
        .innerJoin('work_pool', 'work_pool.id', 'work_queue.work_pool_id')
        .selectAll('work_queue')
        .select('work_pool.name as pool')
        .where('work_queue.id', '=', work_queue_id)
        .execute()
      return queues.map(({ pool, ...queue }) => toWorkQueue(queue, pool))
    },
  }),
  ...searchRoutes,
  ...scheduleRoutes,
  ...runRoutes,
]

function pauseRoute(name: string, paused: boolean): Route {
  return route({
    method: 'POST',
    path: `/deployments/:id/${name}`,
    summary: paused ? 'Pause the schedules of a deployment' : 'Resume the schedules of a deployment',
    resource: 'deployment',
    action: 'update',
    params,
    responses: { 200: null, 404: null },
    async handle({ workspace, params: { id } }) {
      await setPaused(workspace, id, paused)
      return null
    },
  })
}

async function setPaused(workspace: Workspace, id: string, paused: boolean): Promise<void> {
  await workspace.store.write(async (transaction) => {
    const before = await lockDeployment(transaction, id)
    const after = { ...before, paused: paused ? (1 as const) : (0 as const), updated: nowMicroseconds() }
    await transaction.db
      .updateTable('deployment')
      .set({ paused: after.paused, updated: after.updated })
      .where('id', '=', id)
      .execute()
    if (paused) await deleteScheduledRuns(transaction, id, { autoScheduled: true })
    await emitDeploymentUpdate(transaction, workspace, before, after)
    transaction.afterCommit(() => workspace.changes.emit('deployments', [id]))
  })
}
