import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { databaseUrlOf } from '../../lifecycle/home.ts'
import { parseDatabaseUrl } from '../../store/database-url.ts'
import { AEDILE_VERSION, API_VERSION, PREFECT_VERSION } from '../../version.ts'
import type { Workspace } from '../../workspace.ts'
import { findPoolWarnings } from '../work-pools/lint-pool.ts'
import { type Html, html, page } from './html.ts'

const RUNS_SHOWN = 20

type PoolRow = {
  name: string
  type: string
  status: string | null
  is_paused: number
  warnings: number
  workers: { name: string; heard: number | null }[]
}
type RunRow = {
  name: string
  flow: string | null
  state_type: string | null
  state_name: string | null
  start_time: number | null
  created: number
}

/** The small page at the root: what this server is and what it does just now. */
export async function renderHomePage(workspace: Workspace): Promise<string> {
  const [pools, runs] = await Promise.all([readPools(workspace), readRuns(workspace)])
  const { settings, store } = workspace
  return page(
    'Aedile',
    html`<h1>Aedile ${AEDILE_VERSION}</h1>
<p class="soft">Speaks the Prefect API ${API_VERSION} (release ${PREFECT_VERSION}) under <code>${settings.basePath}</code>. Database: ${store.kind}, <code>${parseDatabaseUrl(databaseUrlOf(settings)).name}</code>.
<br><a href="/docs">API documentation</a> · <a href="/openapi.json">OpenAPI</a> · <a href="/metrics">metrics</a></p>
<h2>Work pools</h2>
${pools.length === 0 ? html`<p class="empty">No work pool yet. Make one with <code>aedile work-pool create</code>.</p>` : renderPools(pools)}
<h2>Last runs</h2>
${runs.length === 0 ? html`<p class="empty">No run yet. Run a flow with <code>PREFECT_API_URL</code> pointing here.</p>` : renderRuns(runs)}`,
  )
}

function renderPools(pools: PoolRow[]): Html {
  const rows = pools.map(
    (pool) => html`<tr><td>${pool.name}</td><td>${pool.type}</td><td>${nameStatus(pool)}</td>
<td>${pool.warnings === 0 ? '' : html`<span title="aedile work-pool inspect ${pool.name}">${pool.warnings} ${pool.warnings === 1 ? 'warning' : 'warnings'}</span>`}</td>
<td>${pool.workers.length === 0 ? html`<span class="empty">none</span>` : pool.workers.map((worker) => html`<div>${worker.name} <span class="soft">${ago(worker.heard)}</span></div>`)}</td></tr>`,
  )
  return html`<div class="scroll"><table><tr><th>Name</th><th>Type</th><th>Status</th><th>Template</th><th>Workers</th></tr>${rows}</table></div>`
}

/** A status as people read it: `NOT_READY` is `Not ready`. */
function nameStatus({ is_paused, status }: PoolRow): string {
  const words = (is_paused ? 'PAUSED' : (status ?? 'NOT_READY')).toLowerCase().replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function renderRuns(runs: RunRow[]): Html {
  const rows = runs.map(
    (
      run,
    ) => html`<tr><td>${run.name}</td><td>${run.flow}</td><td><span class="state ${run.state_type}">${run.state_name ?? 'none'}</span></td>
<td>${run.start_time === null ? html`<span class="empty">not started</span>` : formatTimestamp(run.start_time)}</td><td class="soft">${ago(run.created)}</td></tr>`,
  )
  return html`<div class="scroll"><table><tr><th>Run</th><th>Flow</th><th>State</th><th>Started</th><th>Created</th></tr>${rows}</table></div>`
}

function ago(time: number | null): string {
  if (time === null) return 'never heard of'
  const seconds = Math.max(0, Math.round((nowMicroseconds() - time) / 1_000_000))
  if (seconds < 120) return `${seconds} s ago`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h ago` : `${Math.round(seconds / 86_400)} days ago`
}

async function readPools({ store }: Workspace): Promise<PoolRow[]> {
  const pools = await store.db
    .selectFrom('work_pool')
    .select(['id', 'name', 'type', 'status', 'is_paused', 'base_job_template'])
    .orderBy('name')
    .limit(100)
    .execute()
  if (pools.length === 0) return []
  const workers = await store.db
    .selectFrom('worker')
    .select(['work_pool_id', 'name', 'last_heartbeat_time as heard'])
    .where(
      'work_pool_id',
      'in',
      pools.map(({ id }) => id),
    )
    .orderBy('last_heartbeat_time', 'desc')
    .limit(200)
    .execute()
  const warnings = await findPoolWarnings(pools)
  return pools.map((pool) => ({
    ...pool,
    warnings: warnings.get(pool.id)?.length ?? 0,
    workers: workers.filter((worker) => worker.work_pool_id === pool.id),
  }))
}

function readRuns({ store }: Workspace): Promise<RunRow[]> {
  const query = store.db
    .selectFrom('flow_run')
    .leftJoin('flow', 'flow.id', 'flow_run.flow_id')
    .select([
      'flow_run.name',
      'flow.name as flow',
      'flow_run.state_type',
      'flow_run.state_name',
      'flow_run.start_time',
      'flow_run.created',
    ])
    .where('flow_run.expected_start_time', '<=', nowMicroseconds())
    .orderBy('flow_run.expected_start_time', 'desc')
    .limit(RUNS_SHOWN)
  return store.search(query.compile())
}
