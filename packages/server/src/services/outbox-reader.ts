import { setTimeout as sleep } from 'node:timers/promises'
import { type ReceivedEvent, receivedEvent } from '@aedile/core/resources/event'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import { sql } from 'kysely'
import type { StateChange } from '../orchestration/state-change.ts'
import { appendEvents } from '../store/queries/append-events.ts'
import { isOneOf } from '../store/queries/filters/condition.ts'
import { type OutboxRow, removeOutboxRows } from '../store/queries/outbox-rows.ts'
import type { Transaction } from '../store/store.ts'
import type { Workspace } from '../workspace.ts'
import { buildFlowRunEvent } from './flow-run-event.ts'
import { RunRelationsLookup } from './run-relations.ts'
import type { Service } from './service.ts'

const ROWS = 500
/** What this service takes from the outbox. A genuine server has no event for a task run's change over HTTP. */
const KINDS = ['flow-run-state', 'task-run-state', 'event']
/** The advisory lock under which one of several servers empties the outbox, so that events keep its order. */
const LOCK = 0x6f757462

type Turn = { rows: OutboxRow[]; isBusy: boolean }

/**
 * Turns rows of the outbox into events, in order. An event's id comes with its row, so a turn that is repeated after a
 * crash adds nothing twice.
 */
export class OutboxReader implements Service {
  readonly name = 'outbox-reader'
  readonly intervalSeconds = 1
  readonly wakeOn = ['outbox'] as const
  /** Under load a pass takes what many commits left: a pass for each would write as many commits again. */
  readonly gatherMilliseconds = 25
  readonly #workspace: Workspace
  readonly #relations = new RunRelationsLookup()

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  async runOnce(signal: AbortSignal): Promise<void> {
    if (await this.#isEmpty()) return
    while (!signal.aborted && (await this.#takeSome())) {}
  }

  /** Looking costs less than a transaction, and a server at rest looks every second. */
  async #isEmpty(): Promise<boolean> {
    const { db } = this.#workspace.store
    const row = await db.selectFrom('outbox').select('sequence').where('kind', 'in', KINDS).limit(1).executeTakeFirst()
    return row === undefined
  }

  /** True when there may be more. */
  async #takeSome(): Promise<boolean> {
    const { store } = this.#workspace
    const { rows, isBusy } = await store.write((transaction) => this.#turn(transaction))
    if (isBusy) await sleep(BUSY_MILLISECONDS)
    // On SQLite events are in another file, and a crash may keep one file's half of a unit. So the rows go after them.
    if (store.kind === 'sqlite' && rows.length > 0) await store.write((transaction) => removeOutboxRows(transaction, rows))
    return isBusy || rows.length === ROWS
  }

  async #turn(transaction: Transaction): Promise<Turn> {
    if (!(await lockOutbox(transaction))) return { rows: [], isBusy: true }
    const rows = await transaction.db
      .selectFrom('outbox')
      .selectAll()
      .where('kind', 'in', KINDS)
      .orderBy('sequence')
      .limit(ROWS)
      .execute()
    if (rows.length === 0) return { rows, isBusy: false }
    await appendEvents(transaction, await this.#buildEvents(transaction, rows), this.#workspace.changes)
    if (transaction.kind === 'postgres') await removeOutboxRows(transaction, rows)
    return { rows, isBusy: false }
  }

  async #buildEvents(transaction: Transaction, rows: readonly OutboxRow[]): Promise<ReceivedEvent[]> {
    const received = nowMicroseconds()
    const payloads = rows.map((row) => this.#parse(row))
    const changes = payloads.map(({ change }) => change).filter((change) => change !== undefined)
    const relations = await this.#relations.find(transaction, changes)
    const relationsOf = new Map(changes.map((change, index) => [change, relations[index]!]))
    const pauses = await readPauses(transaction, changes)
    return payloads.flatMap(({ change, event }): ReceivedEvent[] => {
      if (change) return [buildFlowRunEvent(change, relationsOf.get(change) ?? {}, pauses, received)]
      return event ? [event] : []
    })
  }

  /** A row that cannot be read is dropped: it would hold up all that follow. */
  #parse({ kind, payload, sequence }: OutboxRow): Parsed {
    try {
      if (kind === 'flow-run-state') return { change: JSON.parse(payload) as StateChange }
      if (kind === 'event') return { event: readEvent(payload) }
    } catch (error) {
      this.#workspace.log.error({ err: error, sequence, kind }, 'a row of the outbox could not be read and is dropped')
    }
    return {}
  }
}

type Parsed = { change?: StateChange; event?: ReceivedEvent }

const BUSY_MILLISECONDS = 25

async function lockOutbox({ db, kind }: Transaction): Promise<boolean> {
  if (kind === 'sqlite') return true
  const { rows } = await sql<{ locked: 0 | 1 | boolean }>`select pg_try_advisory_xact_lock(${sql.lit(LOCK)}) as locked`.execute(
    db,
  )
  return Boolean(rows[0]?.locked)
}

/** Whether pauses give the infrastructure back, by the ids of their states. */
async function readPauses({ db, kind }: Transaction, changes: readonly StateChange[]): Promise<Map<string, boolean>> {
  const states = changes.flatMap(({ initial_state, validated_state }) => [initial_state, validated_state])
  const ids = states.filter((state) => state?.type === 'PAUSED').map((state) => state!.id)
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('flow_run_state')
    .select(['id', 'state_details'])
    .where(isOneOf('flow_run_state.id', ids, kind))
    .execute()
  return new Map(rows.map(({ id, state_details }) => [id, JSON.parse(state_details).pause_reschedule === true]))
}

/** Whole events may lack the time of their arrival. */
function readEvent(payload: string): ReceivedEvent {
  return receivedEvent.parse({ received: formatTimestamp(nowMicroseconds()), ...JSON.parse(payload) })
}
