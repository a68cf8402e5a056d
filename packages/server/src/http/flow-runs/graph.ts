import type { JsonValue } from '@aedile/core/json'
import { timestamp, uuid } from '@aedile/core/resources/scalars'
import { stateType } from '@aedile/core/resources/state'
import { formatTimestamp, type Microseconds } from '@aedile/core/time'
import { z } from 'zod'
import type { Store } from '../../store/store.ts'
import { HttpError } from '../route.ts'
import { type GraphArtifact, graphArtifact, readGraphArtifacts } from './graph-artifacts.ts'

/** The most nodes that one graph carries. */
const MOST_NODES = 10_000

const edge = z.object({ id: uuid })
const node = z.object({
  kind: z.enum(['flow-run', 'task-run']),
  id: uuid,
  label: z.string(),
  state_type: stateType,
  start_time: timestamp,
  end_time: timestamp.nullable(),
  parents: z.array(edge),
  children: z.array(edge),
  encapsulating: z.array(edge),
  artifacts: z.array(graphArtifact),
})
type Node = z.output<typeof node>

/** The tasks and subflows of a flow run, and what they pass to each other. Source: WC 6.3. */
export const flowRunGraph = z.object({
  start_time: timestamp.nullable(),
  end_time: timestamp.nullable(),
  root_node_ids: z.array(uuid),
  nodes: z.array(z.tuple([uuid, node])),
  artifacts: z.array(graphArtifact),
  states: z.array(z.object({ id: uuid, timestamp, type: stateType, name: z.string() })),
})
type FlowRunGraph = z.output<typeof flowRunGraph>

/** Reads the graph, with only those nodes that may have changed since. */
export async function readFlowRunGraph(store: Store, id: string, since: Microseconds): Promise<FlowRunGraph> {
  const run = await store.db
    .selectFrom('flow_run')
    .select(['start_time', 'expected_start_time', 'end_time'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (run === undefined) throw new HttpError(404, { exception_message: `Flow run ${id} not found` })
  const [rows, artifacts, states] = await Promise.all([
    searchNodes(store, id),
    readGraphArtifacts(store, id),
    searchStates(store, id),
  ])
  const shown = linkNodes(rows, artifacts).filter(({ end }) => end === null || end >= since)
  if (shown.length > MOST_NODES) throw new HttpError(400, `The graph of flow run ${id} has more than ${MOST_NODES} nodes.`)
  return {
    start_time: formatOrNull(run.start_time ?? run.expected_start_time),
    end_time: formatOrNull(run.end_time),
    root_node_ids: shown.filter(({ node: { parents } }) => parents.length === 0).map(({ node: { id: nodeId } }) => nodeId),
    nodes: shown.map((entry) => [entry.node.id, entry.node]),
    artifacts: artifacts.get(null) ?? [],
    states,
  }
}

type NodeRow = Awaited<ReturnType<typeof searchNodes>>[number]

function searchNodes(store: Store, flowRunId: string) {
  const query = store.db
    .selectFrom('task_run')
    .leftJoin('flow_run as subflow', 'subflow.parent_task_run_id', 'task_run.id')
    .leftJoin('flow', 'flow.id', 'subflow.flow_id')
    .select([
      'task_run.id as taskId',
      'task_run.name as taskName',
      'task_run.task_inputs as inputs',
      'task_run.state_type as taskState',
      'task_run.start_time as taskStart',
      'task_run.expected_start_time as taskExpected',
      'task_run.end_time as taskEnd',
      'subflow.id as subflowId',
      'subflow.name as subflowName',
      'subflow.state_type as subflowState',
      'subflow.start_time as subflowStart',
      'subflow.expected_start_time as subflowExpected',
      'subflow.end_time as subflowEnd',
      'flow.name as flowName',
    ])
    .where('task_run.flow_run_id', '=', flowRunId)
    .where('task_run.state_type', '<>', 'PENDING')
    .limit(MOST_NODES + 1)
  return store.search(query.compile())
}

async function searchStates(store: Store, flowRunId: string): Promise<FlowRunGraph['states']> {
  const query = store.db.selectFrom('flow_run_state').select(['id', 'timestamp', 'type', 'name'])
  const rows = await store.search(query.where('flow_run_id', '=', flowRunId).orderBy('timestamp').compile())
  return rows.map((row) => ({ ...row, type: stateType.parse(row.type), timestamp: formatTimestamp(row.timestamp) }))
}

/** A node and its end by the clock. */
type Linked = { node: Node; start: Microseconds; end: Microseconds | null }

function linkNodes(rows: readonly NodeRow[], artifacts: ReadonlyMap<string | null, GraphArtifact[]>): Linked[] {
  const nodes = new Map<string, Linked>()
  for (const row of rows) {
    const linked = toNode(row, artifacts.get(row.subflowId ?? row.taskId) ?? [])
    if (linked !== null) nodes.set(row.taskId, linked)
  }
  for (const row of rows) {
    const own = nodes.get(row.taskId)?.node
    if (own === undefined) continue
    for (const { upstream, encapsulates } of listUpstream(row.inputs)) {
      const other = nodes.get(upstream)?.node
      if (other === undefined) continue
      if (encapsulates) addEdge(own.encapsulating, other.id)
      else {
        addEdge(own.parents, other.id)
        addEdge(other.children, own.id)
      }
    }
  }
  return [...nodes.values()].sort((a, b) => a.start - b.start || (a.end ?? Infinity) - (b.end ?? Infinity))
}

function toNode(row: NodeRow, artifacts: GraphArtifact[]): Linked | null {
  const isFlow = row.subflowId !== null
  const start = row.subflowStart ?? row.subflowExpected ?? row.taskStart ?? row.taskExpected
  const state = row.subflowState ?? row.taskState
  if (start === null || state === null) return null
  const end = isFlow ? row.subflowEnd : row.taskEnd
  return {
    start,
    end,
    node: {
      kind: isFlow ? 'flow-run' : 'task-run',
      id: row.subflowId ?? row.taskId,
      label: isFlow ? `${row.flowName} / ${row.subflowName}` : row.taskName,
      state_type: stateType.parse(state),
      start_time: formatTimestamp(start),
      end_time: formatOrNull(end),
      parents: [],
      children: [],
      encapsulating: [],
      artifacts,
    },
  }
}

function* listUpstream(inputs: string): Generator<{ upstream: string; encapsulates: boolean }> {
  for (const [name, sources] of Object.entries(JSON.parse(inputs) as Record<string, { [key: string]: JsonValue }[]>)) {
    for (const source of sources) {
      if (typeof source.id === 'string') yield { upstream: source.id, encapsulates: name === '__parents__' }
    }
  }
}

function addEdge(edges: { id: string }[], id: string): void {
  if (!edges.some((known) => known.id === id)) edges.push({ id })
}

const formatOrNull = (time: Microseconds | null) => (time === null ? null : formatTimestamp(time))
