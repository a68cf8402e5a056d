import { flowRunInput, flowRunInputCreate } from '@aedile/core/resources/flow-run'
import { uuid } from '@aedile/core/resources/scalars'
import { z } from 'zod'
import { isForeignKeyViolation, isUniqueViolation } from '../../store/violations.ts'
import { HttpError, keyedBody, type Route, route } from '../route.ts'
import { insertFlowRunInput, listFlowRunInputs, readFlowRunInput } from './flow-run-inputs.ts'
import { notFound, params } from './run-routes.ts'

const keyParams = z.object({ id: uuid, key: z.string() })
const inputNotFound = () => new HttpError(404, 'Flow run input not found')

/** Inputs that a run waits for, or was sent. */
export const inputRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/flow_runs/:id/input',
    summary: 'Store an input of a flow run',
    resource: 'flow-run',
    action: 'update',
    params,
    body: keyedBody(flowRunInputCreate.shape),
    responses: { 201: null, 404: null, 409: null },
    async handle({ workspace, params: { id }, body, reply }) {
      const input = { key: body.key, value: body.value, sender: body.sender ?? null }
      try {
        await workspace.store.write((transaction) => insertFlowRunInput(transaction, id, input))
      } catch (error) {
        if (isUniqueViolation(error)) throw new HttpError(409, 'A flow run input with this key already exists.')
        if (isForeignKeyViolation(error)) throw notFound()
        throw error
      }
      reply.code(201)
      return null
    },
  }),
  route({
    method: 'POST',
    path: '/flow_runs/:id/input/filter',
    summary: 'Read inputs of a flow run by the beginning of their keys',
    resource: 'flow-run',
    action: 'read',
    params,
    body: keyedBody({
      prefix: z.string(),
      limit: z.int().min(0).default(1),
      exclude_keys: z.array(z.string()).default([]),
    }),
    responses: { 200: z.array(flowRunInput) },
    handle: ({ workspace, params: { id }, body: { prefix, limit, exclude_keys } }) =>
      listFlowRunInputs(workspace.store.db, id, { prefix, limit, excludeKeys: exclude_keys }),
  }),
  route({
    method: 'GET',
    path: '/flow_runs/:id/input/:key',
    summary: 'Read an input of a flow run, as text',
    resource: 'flow-run',
    action: 'read',
    params: keyParams,
    responses: { 200: z.string(), 404: null },
    async handle({ workspace, params: { id, key }, reply }) {
      const input = await readFlowRunInput(workspace.store.db, id, key)
      if (input === null) throw inputNotFound()
      reply.type('text/plain; charset=utf-8')
      return input.value
    },
  }),
  route({
    method: 'DELETE',
    path: '/flow_runs/:id/input/:key',
    summary: 'Delete an input of a flow run',
    resource: 'flow-run',
    action: 'update',
    params: keyParams,
    responses: { 204: null, 404: null },
    async handle({ workspace, params: { id, key }, reply }) {
      const result = await workspace.store.write(({ db }) =>
        db.deleteFrom('flow_run_input').where('flow_run_id', '=', id).where('key', '=', key).executeTakeFirst(),
      )
      if (Number(result.numDeletedRows) === 0) throw inputNotFound()
      reply.code(204)
    },
  }),
]
