import { sql } from 'kysely'
import { type OutboxRow, removeOutboxRows } from '../store/queries/outbox-rows.ts'
import { recordTaskRuns } from '../store/queries/record-task-runs.ts'
import { keepWaiting, type WaitingReport } from '../store/queries/waiting-reports.ts'
import type { Transaction } from '../store/store.ts'
import type { Workspace } from '../workspace.ts'
import type { Service } from './service.ts'

const ROWS = 200
const ATTEMPTS = 5

/**
 * Task runs are recorded together with the events that report them. This service sees to the rest: reports that came
 * before their flow run. They are tried again a few times and then dropped with a line in the log, as a genuine server
 * does. Source: WC 4.6.
 */
export class TaskRunRecorder implements Service {
  readonly name = 'task-run-recorder'
  readonly intervalSeconds = 1
  readonly #workspace: Workspace

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  /** Tries the reports that wait once. */
  async runOnce(): Promise<void> {
    const isIdle = (await findWaiting(this.#workspace.store.db)).length === 0
    if (isIdle) return
    await this.#workspace.store.write(async (transaction) => {
      const rows = await takeRows(transaction)
      const reports = rows.map(({ payload }) => JSON.parse(payload) as WaitingReport)
      const { waiting } = await recordTaskRuns(
        transaction,
        reports.map(({ event }) => event),
      )
      const still = new Set(waiting)
      const again = reports
        .filter(({ event }) => still.has(event))
        .map(({ event, attempts }) => ({ event, attempts: attempts + 1 }))
      await removeOutboxRows(transaction, rows)
      await keepWaiting(
        transaction,
        again.filter(({ attempts }) => attempts < ATTEMPTS),
      )
      for (const { event } of again.filter(({ attempts }) => attempts >= ATTEMPTS)) {
        transaction.afterCommit(() =>
          this.#workspace.log.warn(
            { event: event.id },
            'a report of a task run names a flow run that does not exist; it is dropped',
          ),
        )
      }
    })
  }
}

function findWaiting(db: Transaction['db']): Promise<unknown[]> {
  return db.selectFrom('outbox').select('sequence').where('kind', '=', 'task-run-event').limit(1).execute()
}

async function takeRows({ db, kind }: Transaction): Promise<OutboxRow[]> {
  const query = db.selectFrom('outbox').selectAll().where('kind', '=', 'task-run-event').orderBy('sequence').limit(ROWS)
  return (kind === 'postgres' ? query.modifyEnd(sql`for update skip locked`) : query).execute()
}
