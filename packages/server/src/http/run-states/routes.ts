import { uuid } from '@aedile/core/resources/scalars'
import { state } from '@aedile/core/resources/state'
import { z } from 'zod'
import { stateOfRow, toWireState } from '../../orchestration/run-state.ts'
import { HttpError, type Route, route } from '../route.ts'

const params = z.object({ id: uuid })

/** The states that runs went through. Source: WC 6.2. */
export const routes: Route[] = [
  route({
    method: 'GET',
    path: '/flow_run_states/:id',
    summary: 'Read a state of a flow run',
    resource: 'flow-run-state',
    action: 'read',
    params,
    responses: { 200: state, 404: null },
    async handle({ workspace, params: { id } }) {
      const row = await workspace.store.db.selectFrom('flow_run_state').selectAll().where('id', '=', id).executeTakeFirst()
      if (row === undefined) throw new HttpError(404, 'Flow run state not found')
      return toWireState(stateOfRow(row))
    },
  }),
  route({
    method: 'GET',
    path: '/flow_run_states/',
    summary: 'Read the states of a flow run, oldest first',
    resource: 'flow-run-state',
    action: 'read',
    query: z.object({ flow_run_id: uuid }),
    responses: { 200: z.array(state) },
    async handle({ workspace: { store }, query: { flow_run_id } }) {
      const states = store.db.selectFrom('flow_run_state').selectAll().where('flow_run_id', '=', flow_run_id)
      const rows = await states.orderBy('timestamp').execute()
      return rows.map((row) => toWireState(stateOfRow(row)))
    },
  }),
  route({
    method: 'GET',
    path: '/task_run_states/:id',
    summary: 'Read a state of a task run',
    resource: 'task-run-state',
    action: 'read',
    params,
    responses: { 200: state, 404: null },
    async handle({ workspace, params: { id } }) {
      const row = await workspace.store.db.selectFrom('task_run_state').selectAll().where('id', '=', id).executeTakeFirst()
      // In the words of a genuine server.
      if (row === undefined) throw new HttpError(404, 'Flow run state not found')
      return toWireState(stateOfRow(row))
    },
  }),
  route({
    method: 'GET',
    path: '/task_run_states/',
    summary: 'Read the states of a task run, oldest first',
    resource: 'task-run-state',
    action: 'read',
    query: z.object({ task_run_id: uuid }),
    responses: { 200: z.array(state) },
    async handle({ workspace: { store }, query: { task_run_id } }) {
      const states = store.db.selectFrom('task_run_state').selectAll().where('task_run_id', '=', task_run_id)
      const rows = await states.orderBy('timestamp').execute()
      return rows.map((row) => toWireState(stateOfRow(row)))
    },
  }),
]
