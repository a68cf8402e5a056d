import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
type Row = { [key: string]: Json }

/** All that a server tells of a story, masked and in a fixed order. */
export type Told = { flowRuns: Row[]; taskRuns: Row[]; logs: Row[]; events: Row[] }

const rules = readFileSync(fileURLToPath(new URL('./masks.txt', import.meta.url)), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [rule, reason] = line.split(' # ')
    if (!reason) throw new Error(`masks.txt: a rule without a reason: ${line}`)
    const [kind, what] = rule!.split(' ')
    return { kind: kind!, what: what! }
  })
const masked = (kind: string) => rules.filter((rule) => rule.kind === kind).map((rule) => rule.what)
const maskedFields = new Set(masked('field'))
const maskedLogs = new Set(masked('log'))
const maskedEvents = masked('event')

/** Reads all rows of a server. */
export async function readTold(apiUrl: string): Promise<Told> {
  const flows = await readAll(apiUrl, '/flows/filter', { sort: 'NAME_ASC' })
  const flowNames = new Map(flows.map((flow) => [flow.id as string, flow.name as string]))
  const runs = await readAll(apiUrl, '/flow_runs/filter', {
    sort: 'START_TIME_ASC',
    flow_runs: { run_count: undefined, start_time: { is_null_: false } },
  })
  const runNames = new Map(runs.map((run) => [run.id as string, `run of ${flowNames.get(run.flow_id as string)}`]))
  const tasks = await readAll(apiUrl, '/task_runs/filter', { sort: 'EXPECTED_START_TIME_ASC' })
  const flowRuns = await Promise.all(
    runs.map(async (run) => ({
      ...mask('flow_run', run),
      states: await readStates(apiUrl, 'flow_run', run.id as string),
      flow: flowNames.get(run.flow_id as string) ?? null,
    })),
  )
  const taskRuns = await Promise.all(
    tasks.map(async (task) => ({
      ...mask('task_run', task),
      states: await readStates(apiUrl, 'task_run', task.id as string),
      of: runNames.get(task.flow_run_id as string) ?? null,
    })),
  )
  const logs = (await readAll(apiUrl, '/logs/filter', { sort: 'TIMESTAMP_ASC' }))
    .filter((log) => !maskedLogs.has(log.name as string))
    .map((log) => ({
      of: runNames.get(log.flow_run_id as string) ?? null,
      name: log.name!,
      level: log.level!,
      message: maskText(log.message as string),
    }))
  const events = (await readEvents(apiUrl))
    .filter((event) => !maskedEvents.some((name) => (event.event as string).startsWith(name)))
    .map((event) => ({
      event: event.event!,
      about: kindOf(event.resource as Row),
      related: relatedKinds(event.related as Row[]),
    }))
  return { flowRuns: inOrder(flowRuns), taskRuns: inOrder(taskRuns), logs: inOrder(logs, 'of'), events: inOrder(events) }
}

async function readStates(apiUrl: string, kind: 'flow_run' | 'task_run', id: string): Promise<Row[]> {
  const states = (await ask(apiUrl, 'GET', `/${kind}_states/?${kind}_id=${id}`)) as Row[]
  return states.map((state) => ({
    type: state.type!,
    name: state.name!,
    message: typeof state.message === 'string' ? maskText(state.message) : null,
    details: Object.keys(state.state_details as Row).sort(),
  }))
}

async function readAll(apiUrl: string, path: string, body: object): Promise<Row[]> {
  const all: Row[] = []
  for (;;) {
    const page = (await ask(apiUrl, 'POST', path, { ...body, limit: 200, offset: all.length })) as Row[]
    all.push(...page)
    if (page.length < 200) return all
  }
}

async function readEvents(apiUrl: string): Promise<Row[]> {
  const all: Row[] = []
  let page = (await ask(apiUrl, 'POST', '/events/filter', { limit: 50 })) as { events: Row[]; next_page: string | null }
  for (;;) {
    all.push(...page.events)
    if (!page.next_page) return all
    page = (await (await fetch(page.next_page)).json()) as typeof page
  }
}

async function ask(apiUrl: string, method: string, path: string, body?: object): Promise<Json> {
  const response = await fetch(apiUrl + path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Json
}

function mask(kind: string, row: Row): Row {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([key]) => key !== 'state')
      .map(([key, value]) => [key, maskedFields.has(`${kind}.${key}`) ? '<masked>' : maskValue(key, value)]),
  )
}

const DURATIONS = ['total_run_time', 'estimated_run_time', 'estimated_start_time_delta']

function maskValue(key: string, value: Json): Json {
  if (DURATIONS.includes(key)) return '<duration>'
  if (typeof value === 'string') return maskText(value)
  if (Array.isArray(value)) return value.map((item) => maskValue('', item))
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [maskText(name), maskValue(name, item)]))
  }
  return value
}

function maskText(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}/g, '<uuid>')
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?/g, '<time>')
    .replace(/https?:\/\/[\w.:]+/g, '<url>')
    .replace(/(\/[\w.@+-]+){2,}/g, '<path>')
    .replace(/^[a-z]+-[a-z]+$/, '<random-name>')
    .replace(/'[a-z]+-[a-z]+'/g, "'<random-name>'")
    .replace(/\b(pid|process) \d+\b/gi, '$1 <pid>')
    .replace(/\b[a-z]+-[0-9a-f]{3}\b/g, '<task>-<key>')
    .replace(/in \d+(\.\d+)? ?s\b/g, 'in <duration>')
}

function kindOf(resource: Row): string {
  return String(resource['prefect.resource.id']).replace(/\.[^.]*$/, '')
}

function relatedKinds(related: Row[]): Json {
  return related
    .map(
      (one) =>
        `${one['prefect.resource.role']} ${one['prefect.resource.role'] === 'tag' ? String(one['prefect.resource.id']) : kindOf(one)}`,
    )
    .sort()
}

/** Rows that happen at once have no order of their own: they are sorted by what they say, within `group` when given. */
function inOrder(rows: Row[], group?: string): Row[] {
  const keyOf = (row: Row) => (group ? String(row[group]) : JSON.stringify(row))
  return [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0))
}
