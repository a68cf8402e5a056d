import { ask, type Json, type Row, readAll, readEvents } from './api.ts'
import { type Masks, readMasks } from './masks.ts'

/** All that a server tells of a story, masked and in a fixed order. */
export type Told = { deployments: Row[]; workPools: Row[]; flowRuns: Row[]; taskRuns: Row[]; logs: Row[]; events: Row[] }

/** Reads what a server tells of everything that started since a moment. */
export async function readTold(apiUrl: string, since: string, options: { ourWorker: boolean }): Promise<Told> {
  const flows = await readAll(apiUrl, '/flows/filter', { sort: 'NAME_ASC' })
  const flowNames = new Map(flows.map((flow) => [flow.id, flow.name as string]))
  const runs = await readAll(apiUrl, '/flow_runs/filter', {
    sort: 'START_TIME_ASC',
    flow_runs: { start_time: { after_: since } },
  })
  const runIds = runs.map((run) => run.id as string)
  const nameOf = new Map(runs.map((run) => [run.id, `run of ${flowNames.get(run.flow_id!)}`]))
  const within = { flow_runs: { id: { any_: runIds } } }
  const tasks = await readAll(apiUrl, '/task_runs/filter', { sort: 'EXPECTED_START_TIME_ASC', ...within })
  const logs = await readAll(apiUrl, '/logs/filter', { sort: 'TIMESTAMP_ASC', logs: { flow_run_id: { any_: runIds } } })
  const events = await readEvents(apiUrl, since)
  const masks = readMasks({ ...options, names: [...runs.map((run) => run.name as string), ...formerNames(events)] })
  const taskNames = new Map(tasks.map((task) => [task.id, task.name as string]))

  const tellRun = async (kind: 'flow_run' | 'task_run', { state: _, ...row }: Row, of: Json) => ({
    ...masks.maskRow(kind, row),
    of,
    states: await readStates(apiUrl, kind, row.id as string, masks),
  })
  const deployments = await readAll(apiUrl, '/deployments/filter', { sort: 'NAME_ASC' })
  const pools = await readAll(apiUrl, '/work_pools/filter', {})
  return {
    deployments: byContent(deployments.map((row) => masks.maskRow('deployment', row))),
    workPools: byContent(pools.map((row) => masks.maskRow('work_pool', row))),
    flowRuns: byContent(await Promise.all(runs.map((run) => tellRun('flow_run', run, flowNames.get(run.flow_id!) ?? null)))),
    taskRuns: byContent(await Promise.all(tasks.map((task) => tellRun('task_run', task, nameOf.get(task.flow_run_id!) ?? null)))),
    logs: bySpeaker(
      logs
        .filter((log) => !masks.hidesLog(log.name as string))
        .map((log) => ({
          of: nameOf.get(log.flow_run_id!) ?? null,
          task: masks.maskText(taskNames.get(log.task_run_id!) ?? 'none'),
          name: log.name!,
          level: log.level!,
          message: masks.maskText(log.message as string),
        })),
    ),
    events: byContent(events.filter((event) => !masks.hidesEvent(event.event as string)).map((event) => tellEvent(event, masks))),
  }
}

/** The names that runs had when something happened to them: a flow may name its run later. */
function formerNames(events: Row[]): string[] {
  const subjects = events.map((event) => event.resource as Row)
  return subjects
    .filter((subject) => String(subject['prefect.resource.id']).startsWith('prefect.flow-run.'))
    .map((subject) => String(subject['prefect.resource.name']))
}

async function readStates(apiUrl: string, kind: 'flow_run' | 'task_run', id: string, masks: Masks): Promise<Row[]> {
  const states = (await ask(apiUrl, 'GET', `/${kind}_states/?${kind}_id=${id}`)) as Row[]
  return states.map((state) => ({
    type: state.type!,
    name: state.name!,
    message: typeof state.message === 'string' ? masks.maskText(state.message) : null,
    details: masks.maskRow('state_details', state.state_details as Row),
  }))
}

/** An event by its name, what it is about, and the roles, kinds and (where they are not random) names of what is related. */
function tellEvent(event: Row, masks: Masks): Row {
  const related = (event.related as Row[]).map((one) => {
    const { 'prefect.resource.role': role, ...rest } = masks.maskRow('related', one)
    return { role: role!, ...rest }
  })
  return { event: event.event!, about: masks.maskRow('resource', event.resource as Row), related: byContent(related) }
}

/** Rows that happen at once have no order of their own: they are sorted by what they say. */
function byContent(rows: Row[]): Row[] {
  return sortedBy(rows, canonicalText)
}

/** Lines keep their order within a run and among those of one speaker: what several send at once has no order. */
function bySpeaker(rows: Row[]): Row[] {
  return sortedBy(rows, (row) => `${row.of} ${speakerOf(row.name as string)}`)
}

/** The engine of a run is one process, whatever its loggers; the worker is another, the run's output a third. */
function speakerOf(logger: string): string {
  return logger === 'prefect.flow_runs' || logger === 'prefect.task_runs' ? 'engine' : logger
}

/** The same text for the same content, whatever the order of the keys. */
export function canonicalText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${key}:${canonicalText(value[key]!)}`).join()}}`
}

function sortedBy(rows: Row[], keyOf: (row: Row) => string): Row[] {
  return rows
    .map((row) => ({ row, key: keyOf(row) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ row }) => row)
}
