import { uuid } from '@aedile/core/resources/scalars'
import { orchestrationResult, setStateBody } from '@aedile/core/resources/state'
import { taskRun, taskRunCreate, taskRunUpdate } from '@aedile/core/resources/task-run'
import { nowMicroseconds } from '@aedile/core/time'
import { z } from 'zod'
import { writeAnnounced } from '../../orchestration/announce.ts'
import { readClientFacts } from '../../orchestration/client-facts.ts'
import { buildProposedState, buildState } from '../../orchestration/run-state.ts'
import { setTaskRunState } from '../../orchestration/set-task-run-state.ts'
import { asOrchestrationError } from '../flow-runs/state-routes.ts'
import { HttpError, keyedBody, type Route, route } from '../route.ts'
import { createTaskRun } from './create-task-run.ts'
import { readTaskRun } from './search.ts'

const params = z.object({ id: uuid })

/** Making, reading, changing and deleting one task run, and proposing its states. */
export const runRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/task_runs/',
    summary: 'Make a task run, or read the one of that key',
    resource: 'task-run',
    action: 'create',
    body: taskRunCreate,
    responses: { 201: taskRun, 200: taskRun },
    async handle({ workspace, principal, request, body, reply }) {
      const client = readClientFacts(request.headers, principal)
      const state = body.state ? buildProposedState(body.state) : buildState({ type: 'PENDING' })
      const { id, created } = await writeAnnounced(workspace, (transaction) => createTaskRun(transaction, body, state, client))
      reply.code(created ? 201 : 200)
      return readTaskRun(workspace.store.db, id)
    },
  }),
  route({
    method: 'GET',
    path: '/task_runs/:id',
    summary: 'Read a task run',
    resource: 'task-run',
    action: 'read',
    params,
    responses: { 200: taskRun, 404: null },
    async handle({ workspace, params: { id } }) {
      const run = await readTaskRun(workspace.store.db, id)
      if (run === null) throw new HttpError(404, 'Task not found')
      return run
    },
  }),
  route({
    method: 'PATCH',
    path: '/task_runs/:id',
    summary: 'Rename a task run',
    resource: 'task-run',
    action: 'update',
    params,
    body: taskRunUpdate,
    responses: { 204: null, 404: null },
    async handle({ workspace, params: { id }, body, reply }) {
      const changes = { ...(body.name === undefined ? {} : { name: body.name }), updated: nowMicroseconds() }
      const result = await workspace.store.write(({ db }) =>
        db.updateTable('task_run').set(changes).where('id', '=', id).executeTakeFirst(),
      )
      if (Number(result.numUpdatedRows) === 0) throw new HttpError(404, 'Task run not found')
      reply.code(204)
    },
  }),
  route({
    method: 'DELETE',
    path: '/task_runs/:id',
    summary: 'Delete a task run',
    resource: 'task-run',
    action: 'delete',
    params,
    responses: { 204: null, 404: null },
    async handle({ workspace, params: { id }, reply }) {
      const result = await workspace.store.write(({ db }) => db.deleteFrom('task_run').where('id', '=', id).executeTakeFirst())
      if (Number(result.numDeletedRows) === 0) throw new HttpError(404, 'Task not found')
      reply.code(204)
    },
  }),
  route({
    method: 'POST',
    path: '/task_runs/:id/set_state',
    summary: 'Propose a state for a task run',
    resource: 'task-run',
    action: 'run',
    params,
    body: keyedBody(setStateBody.shape),
    responses: { 201: orchestrationResult, 200: orchestrationResult, 404: null },
    async handle({ workspace, principal, request, params: { id }, body, reply }) {
      const { result, created } = await setTaskRunState(workspace, {
        taskRunId: id,
        proposed: buildProposedState(body.state),
        force: body.force,
        client: readClientFacts(request.headers, principal),
      }).catch(asOrchestrationError)
      reply.code(created ? 201 : 200)
      return result
    },
  }),
]
