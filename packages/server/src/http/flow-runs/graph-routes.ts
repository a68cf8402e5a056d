import { timestamp } from '@aedile/core/resources/scalars'
import { parseTimestamp } from '@aedile/core/time'
import { z } from 'zod'
import { type Route, route } from '../route.ts'
import { readDependencies, taskRunDependencies } from './dependencies.ts'
import { flowRunGraph, readFlowRunGraph } from './graph.ts'
import { params } from './run-routes.ts'

/** The graph of tasks and subflows. */
export const graphRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/flow_runs/:id/graph',
    summary: 'Read the task runs of a flow run with what they depend on',
    resource: 'flow-run',
    action: 'read',
    params,
    responses: { 200: z.array(taskRunDependencies), 404: null },
    handle: ({ workspace, params: { id } }) => readDependencies(workspace.store, id),
  }),
  route({
    method: 'GET',
    path: '/flow_runs/:id/graph-v2',
    summary: 'Read the tasks and subflows of a flow run with their dependencies',
    resource: 'flow-run',
    action: 'read',
    params,
    query: z.object({ since: timestamp.optional() }),
    responses: { 200: flowRunGraph, 400: null, 404: null },
    handle: ({ workspace, params: { id }, query: { since } }) =>
      readFlowRunGraph(workspace.store, id, since === undefined ? 0 : parseTimestamp(since)!),
  }),
]
