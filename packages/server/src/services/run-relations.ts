import type { StateChange } from '../orchestration/state-change.ts'
import { isOneOf } from '../store/queries/filters/condition.ts'
import type { Transaction } from '../store/store.ts'
import type { Named, RunRelations } from './flow-run-event.ts'

type Table = 'flow' | 'deployment' | 'work_queue' | 'task_run'
type Known = Named & { pool?: Named }

const KEEP_MILLISECONDS = 30_000
const MOST_KEPT = 5_000

/** Looks up what belongs to flow runs, many at once, and remembers it for a short while. */
export class RunRelationsLookup {
  readonly #known = new Map<string, { object: Known; until: number }>()

  /** Answers the relations of each change, in their order. What was deleted meanwhile is left out. */
  async find(transaction: Transaction, changes: readonly StateChange[]): Promise<RunRelations[]> {
    const runs = changes.map(({ run }) => run)
    const flows = await this.#read(
      transaction,
      'flow',
      runs.map((run) => run.flow_id),
    )
    const deployments = await this.#read(
      transaction,
      'deployment',
      runs.map((run) => run.deployment_id),
    )
    const queues = await this.#read(
      transaction,
      'work_queue',
      runs.map((run) => run.work_queue_id),
    )
    const taskRuns = await this.#read(
      transaction,
      'task_run',
      runs.map((run) => run.parent_task_run_id),
    )
    return runs.map((run): RunRelations => {
      const workQueue = queues.get(run.work_queue_id ?? '')
      return {
        flow: flows.get(run.flow_id ?? ''),
        deployment: deployments.get(run.deployment_id ?? ''),
        workQueue,
        workPool: workQueue?.pool,
        taskRun: taskRuns.get(run.parent_task_run_id ?? ''),
      }
    })
  }

  async #read(
    transaction: Transaction,
    table: Table,
    asked: readonly (string | null | undefined)[],
  ): Promise<Map<string, Known>> {
    const now = performance.now()
    const found = new Map<string, Known>()
    const missing: string[] = []
    for (const id of new Set(asked)) {
      if (!id) continue
      const known = this.#known.get(id)
      if (known && known.until > now) found.set(id, known.object)
      else missing.push(id)
    }
    if (missing.length === 0) return found
    if (this.#known.size > MOST_KEPT) this.#known.clear()
    for (const object of await readObjects(transaction, table, missing)) {
      found.set(object.id, object)
      this.#known.set(object.id, { object, until: now + KEEP_MILLISECONDS })
    }
    return found
  }
}

async function readObjects({ db, kind }: Transaction, table: Table, ids: readonly string[]): Promise<Known[]> {
  if (table !== 'work_queue') {
    const rows = await db
      .selectFrom(table as 'flow')
      .select(['id', 'name', 'tags'])
      .where(isOneOf(`${table}.id`, ids, kind))
      .execute()
    return rows.map(({ id, name, tags }) => ({ id, name, tags: JSON.parse(tags) as string[] }))
  }
  const rows = await db
    .selectFrom('work_queue')
    .innerJoin('work_pool', 'work_pool.id', 'work_queue.work_pool_id')
    .select(['work_queue.id', 'work_queue.name', 'work_pool.id as pool_id', 'work_pool.name as pool_name', 'work_pool.type'])
    .where(isOneOf('work_queue.id', ids, kind))
    .execute()
  return rows.map(({ id, name, pool_id, pool_name, type }) => {
    return { id, name, tags: [], pool: { id: pool_id, name: pool_name, type, tags: [] } }
  })
}
