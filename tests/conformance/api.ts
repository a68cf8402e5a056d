import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../support/network.ts'

/** What a server answers: checked by the comparison itself, not by a schema. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type Row = { [key: string]: Json }

const TERMINAL = ['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED']

const TRIES = 20

/** Sends one request and returns the answer; fails with what the server said. A 503 did nothing, and is asked again. */
export async function ask(apiUrl: string, method: string, path: string, body?: object, tries = TRIES): Promise<Json> {
  const response = await fetch(apiUrl + path, {
    method,
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(30_000),
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await response.text()
  // A genuine server on SQLite says so when its database is locked; its clients ask again, too.
  if (response.status === 503 && tries > 1) {
    await sleep(250)
    return ask(apiUrl, method, path, body, tries - 1)
  }
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? null : (JSON.parse(text) as Json)
}

/** All rows that a filter finds, page by page. */
export async function readAll(apiUrl: string, path: string, body: object): Promise<Row[]> {
  const all: Row[] = []
  for (;;) {
    const page = (await ask(apiUrl, 'POST', path, { ...body, limit: 200, offset: all.length })) as Row[]
    all.push(...page)
    if (page.length < 200) return all
  }
}

/** All events since a moment, oldest first. */
export async function readEvents(apiUrl: string, since: string): Promise<Row[]> {
  type Page = { events: Row[]; next_page: string | null }
  const filter = { occurred: { since, until: new Date(Date.now() + 3_600_000).toISOString() }, order: 'ASC' }
  let page = (await ask(apiUrl, 'POST', '/events/filter', { filter, limit: 50 })) as unknown as Page
  const all: Row[] = [...page.events]
  while (page.next_page) {
    page = (await ask(page.next_page, 'GET', '')) as unknown as Page
    all.push(...page.events)
  }
  return all
}

/** A deployment by `flow/name`, as soon as it is there. */
export async function readDeployment(apiUrl: string, name: string, seconds = 60): Promise<Row> {
  return until(
    `the deployment ${name} is there`,
    async () => {
      const response = await fetch(`${apiUrl}/deployments/name/${name}`)
      return response.ok ? ((await response.json()) as Row) : null
    },
    seconds,
  )
}

/** Asks for a run of a deployment and returns the run's id. */
export async function triggerRun(apiUrl: string, deployment: string, body: object = {}): Promise<string> {
  const { id } = await readDeployment(apiUrl, deployment)
  const run = (await ask(apiUrl, 'POST', `/deployments/${id}/create_flow_run`, body)) as Row
  return run.id as string
}

/** A flow run, once its state has one of these types (a final one unless told). */
export async function waitForRun(apiUrl: string, id: string, seconds = 90, types: string[] = TERMINAL): Promise<Row> {
  let last: Row = {}
  try {
    return await until(
      `flow run ${id} is ${types.join(' or ')}`,
      async () => {
        last = (await ask(apiUrl, 'GET', `/flow_runs/${id}`)) as Row
        return types.includes(last.state_type as string) ? last : null
      },
      seconds,
    )
  } catch (error) {
    throw new Error(`${(error as Error).message}; it is ${last.state_name}: ${JSON.stringify(last.state)}`)
  }
}

/** The names of a run's states, in order. */
export async function stateNames(apiUrl: string, id: string): Promise<string[]> {
  const states = (await ask(apiUrl, 'GET', `/flow_run_states/?flow_run_id=${id}`)) as Row[]
  return states.map((state) => state.name as string)
}

/** Waits until at least so many events of this name are there. */
export async function waitForEvents(apiUrl: string, name: string, count: number, seconds = 30): Promise<Row[]> {
  return until(
    `${count} events ${name}`,
    async () => {
      const filter = { event: { name: [name] } }
      const page = (await ask(apiUrl, 'POST', '/events/filter', { filter, limit: 50 })) as { events: Row[] }
      return page.events.length >= count ? page.events : null
    },
    seconds,
  )
}
