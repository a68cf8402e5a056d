import { pageFields } from '@aedile/core/filters/page'
import { type VariableFilter, variableFilter, variableSort } from '@aedile/core/filters/variable'
import { uuid } from '@aedile/core/resources/scalars'
import { variable, variableCreate, variableUpdate } from '@aedile/core/resources/variable'
import { sql } from 'kysely'
import { z } from 'zod'
import { variableCondition } from '../../store/queries/filters/variable.ts'
import { applyPage, readPage } from '../../store/queries/page.ts'
import { applySort, sortByVariable } from '../../store/queries/sort.ts'
import type { Store } from '../../store/store.ts'
import { HttpError, keyedBody, type Route, route } from '../route.ts'
import { toVariable } from './variable-document.ts'
import { deleteVariable, findVariable, insertVariable, updateVariable, type VariableKey } from './write-variable.ts'

const byId = z.object({ id: uuid })
const byName = z.object({ name: z.string() })
const notFound = () => new HttpError(404, 'Variable not found.')

/** Source: WC 1.14, 10. */
export const routes: Route[] = [
  route({
    method: 'POST',
    path: '/variables/',
    summary: 'Make a variable',
    resource: 'variable',
    action: 'create',
    body: variableCreate,
    responses: { 201: variable, 409: null },
    async handle({ workspace, body, reply }) {
      const row = await insertVariable(workspace, body)
      reply.code(201)
      return toVariable(row)
    },
  }),
  route({
    method: 'POST',
    path: '/variables/filter',
    summary: 'Search variables',
    resource: 'variable',
    action: 'read',
    body: keyedBody({ variables: variableFilter.optional(), ...pageFields, sort: variableSort }),
    responses: { 200: z.array(variable) },
    async handle({ workspace: { store, settings }, body: { variables, sort, ...asked } }) {
      const matching = restrict(store, store.db.selectFrom('variable').selectAll(), variables)
      const page = applyPage(applySort(matching, sortByVariable(sort)), readPage(asked, settings.defaultLimit))
      return (await store.search(page.compile())).map(toVariable)
    },
  }),
  route({
    method: 'POST',
    path: '/variables/count',
    summary: 'Count variables',
    resource: 'variable',
    action: 'read',
    body: keyedBody({ variables: variableFilter.optional() }),
    responses: { 200: z.int() },
    async handle({ workspace: { store }, body: { variables } }) {
      const counted = store.db.selectFrom('variable').select(sql<number>`count(*)`.as('count'))
      const [row] = await store.search(restrict(store, counted, variables).compile())
      return Number(row?.count ?? 0)
    },
  }),
  ...[
    { path: '/variables/:id', params: byId, by: 'id' },
    { path: '/variables/name/:name', params: byName, by: 'name' },
  ].flatMap(({ path, params, by }) => keyedRoutes(path, params as z.ZodType<VariableKey>, by)),
]

function keyedRoutes(path: string, params: z.ZodType<VariableKey>, by: string): Route[] {
  return [
    route({
      method: 'GET',
      path,
      summary: `Read a variable by its ${by}`,
      resource: 'variable',
      action: 'read',
      params,
      responses: { 200: variable, 404: null },
      async handle({ workspace, params: key }) {
        const row = await findVariable(workspace.store.db, key)
        if (!row) throw notFound()
        return toVariable(row)
      },
    }),
    route({
      method: 'PATCH',
      path,
      summary: `Change a variable by its ${by}`,
      resource: 'variable',
      action: 'update',
      params,
      body: variableUpdate,
      responses: { 204: null, 404: null, 409: null },
      async handle({ workspace, params: key, body, reply }) {
        if (!(await updateVariable(workspace, key, body))) throw notFound()
        reply.code(204)
      },
    }),
    route({
      method: 'DELETE',
      path,
      summary: `Delete a variable by its ${by}`,
      resource: 'variable',
      action: 'delete',
      params,
      responses: { 204: null, 404: null },
      async handle({ workspace, params: key, reply }) {
        if (!(await deleteVariable(workspace, key))) throw notFound()
        reply.code(204)
      },
    }),
  ]
}

function restrict<Query extends { where(condition: ReturnType<typeof variableCondition>): Query }>(
  store: Store,
  query: Query,
  filter: VariableFilter | undefined,
): Query {
  return filter ? query.where(variableCondition(filter, store.kind)) : query
}
