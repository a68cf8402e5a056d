import { flowRun, flowRunCreate, flowRunUpdate } from '@aedile/core/resources/flow-run'
import { keyValueLabels, uuid } from '@aedile/core/resources/scalars'
import { z } from 'zod'
import { writeAnnounced } from '../../orchestration/announce.ts'
import { readClientFacts } from '../../orchestration/client-facts.ts'
import { buildProposedState, buildState } from '../../orchestration/run-state.ts'
import type { Transaction } from '../../store/store.ts'
import { HttpError, type Route, route } from '../route.ts'
import { createAdHocFlowRun } from './create-ad-hoc-flow-run.ts'
import { deleteFlowRuns } from './delete-flow-runs.ts'
import { presentNewFlowRun } from './present.ts'
import { readFlowRun } from './search.ts'
import { mergeFlowRunLabels, updateFlowRun } from './update-flow-run.ts'

export const params = z.object({ id: uuid })
export const notFound = () => new HttpError(404, 'Flow run not found')

/** Making, reading, changing and deleting one flow run. */
export const runRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/flow_runs/',
    summary: 'Make a flow run, or read the one of that idempotency key',
    resource: 'flow-run',
    action: 'create',
    body: flowRunCreate,
    responses: { 201: flowRun, 200: flowRun },
    async handle({ workspace, principal, request, body, reply }) {
      const client = readClientFacts(request.headers, principal)
      const state = body.state ? buildProposedState(body.state) : buildState({ type: 'PENDING' })
      const write = async (transaction: Transaction) => {
        const made = await createAdHocFlowRun(transaction, body, state, { client, headers: request.headers })
        return { made, run: made.created ? presentNewFlowRun(made) : null }
      }
      const { made, run } = await writeAnnounced(workspace, write, { tentative: true })
      const { created } = made
      if (created && state.type === 'SCHEDULED') workspace.changes.emit('dispatch', [])
      reply.code(created ? 201 : 200)
      const shown = run ?? (await readFlowRun(workspace.store.db, made.id))
      if (shown === null) throw notFound()
      return shown
    },
  }),
  route({
    method: 'GET',
    path: '/flow_runs/:id',
    summary: 'Read a flow run',
    resource: 'flow-run',
    action: 'read',
    params,
    responses: { 200: flowRun, 404: null },
    async handle({ workspace, params: { id } }) {
      const run = await readFlowRun(workspace.store.db, id)
      if (run === null) throw notFound()
      return run
    },
  }),
  route({
    method: 'PATCH',
    path: '/flow_runs/:id',
    summary: 'Change a flow run',
    resource: 'flow-run',
    action: 'update',
    params,
    body: flowRunUpdate,
    responses: { 204: null, 400: null, 404: null },
    async handle({ workspace, params: { id }, body, reply }) {
      await workspace.store.write((transaction) => updateFlowRun(transaction, workspace, id, body))
      reply.code(204)
    },
  }),
  route({
    method: 'PATCH',
    path: '/flow_runs/:id/labels',
    summary: "Add to a flow run's labels",
    resource: 'flow-run',
    action: 'update',
    params,
    body: keyValueLabels,
    responses: { 204: null, 404: null },
    async handle({ workspace, params: { id }, body, reply }) {
      const found = await workspace.store.write((transaction) => mergeFlowRunLabels(transaction, id, body))
      if (!found) throw new HttpError(404, { exception_message: `Flow run with id ${id} not found` })
      reply.code(204)
    },
  }),
  route({
    method: 'DELETE',
    path: '/flow_runs/:id',
    summary: 'Delete a flow run',
    resource: 'flow-run',
    action: 'delete',
    params,
    responses: { 204: null, 404: null },
    async handle({ workspace, params: { id }, reply }) {
      if ((await deleteFlowRuns(workspace, [id])).length === 0) throw notFound()
      reply.code(204)
    },
  }),
]
