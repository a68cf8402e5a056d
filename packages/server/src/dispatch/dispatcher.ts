import { MICROSECONDS_PER_SECOND, type Microseconds, nowMicroseconds } from '@aedile/core/time'
import type { Workspace } from '../workspace.ts'
import { type DueRun, readNextDue, selectDueRuns } from './scheduled-runs.ts'

/** A run that was delivered and not claimed is delivered again after this time. */
const OFFER_SECONDS = 5
/** However quiet it is, somebody looks again after this time. */
const LOOK_AGAIN_SECONDS = 10
const MOST_AT_ONCE = 200

/** A worker that wants runs delivered. */
export type Subscriber = {
  poolId: string
  /** The queues that it serves; null for all of the pool, also those to come. */
  queueIds: ReadonlySet<string> | null
  deliver(flowRunIds: string[]): void
}

/** What a subscriber says of itself. */
export type Subscription = {
  /** It has room for so many runs more. */
  makeRoom(runs: number): void
  /** It does not take these. */
  decline(flowRunIds: readonly string[]): void
  close(): void
}

type Member = { subscriber: Subscriber; room: number; lastServed: number }
type Offer = { runId: string; queueId: string; member: Member; until: number }

/**
 * Delivers due runs to workers with room, the moment they are due. What is due is decided in the database, by the same
 * statement that answers polls; here is only who is told. A delivery claims nothing: the claim decides, so a delivery that
 * is lost or doubled does no harm.
 */
export class Dispatcher {
  readonly #workspace: Workspace
  readonly #pools = new Map<string, PoolDispatcher>()
  readonly #wake = (poolIds: readonly string[]) => this.#look(poolIds)

  constructor(workspace: Workspace) {
    this.#workspace = workspace
    workspace.changes.on('dispatch', this.#wake)
  }

  /** Adds a worker; it gets nothing before it says that it has room. */
  subscribe(subscriber: Subscriber): Subscription {
    const { poolId } = subscriber
    const pool = this.#pools.get(poolId) ?? new PoolDispatcher(this.#workspace, poolId)
    this.#pools.set(poolId, pool)
    const member: Member = { subscriber, room: 0, lastServed: 0 }
    pool.add(member)
    return {
      makeRoom: (runs) => {
        member.room += runs
        pool.look()
      },
      decline: (flowRunIds) => pool.decline(member, flowRunIds),
      close: () => {
        if (pool.remove(member) === 0) this.#pools.delete(poolId)
      },
    }
  }

  /** Ends all waiting. */
  stop(): void {
    this.#workspace.changes.off('dispatch', this.#wake)
    for (const pool of this.#pools.values()) pool.stop()
  }

  #look(poolIds: readonly string[]): void {
    for (const [id, pool] of this.#pools) if (poolIds.length === 0 || poolIds.includes(id)) pool.look()
  }
}

/** One pool: one look at a time, and one timer for the next moment at which something is due. */
class PoolDispatcher {
  readonly #workspace: Workspace
  readonly #poolId: string
  readonly #members = new Set<Member>()
  /** By run and state: a run that is scheduled anew is another delivery. */
  readonly #offers = new Map<string, Offer>()
  #timer: NodeJS.Timeout | undefined
  #isLooking = false
  #isWoken = false
  #isStopped = false
  #turns = 0

  constructor(workspace: Workspace, poolId: string) {
    this.#workspace = workspace
    this.#poolId = poolId
  }

  add(member: Member): void {
    this.#members.add(member)
  }

  /** How many are left. What the one that goes had not claimed is delivered to the others. */
  remove(member: Member): number {
    this.#members.delete(member)
    this.#withdraw((offer) => offer.member === member)
    if (this.#members.size === 0) this.stop()
    else this.look()
    return this.#members.size
  }

  decline(member: Member, flowRunIds: readonly string[]): void {
    this.#withdraw((offer) => offer.member === member && flowRunIds.includes(offer.runId))
    this.look()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  /** Looks for due runs now. What wakes it while it looks makes it look once more. */
  look(): void {
    this.#isWoken = true
    if (this.#isLooking || this.#isStopped) return
    this.#isLooking = true
    void this.#lookUntilQuiet().finally(() => {
      this.#isLooking = false
      if (this.#isWoken) this.look()
    })
  }

  async #lookUntilQuiet(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      while (this.#isWoken && !this.#isStopped) {
        this.#isWoken = false
        if (await this.#deliverDue()) this.#isWoken = true
      }
      await this.#waitForNext()
    } catch (error) {
      this.#workspace.log.warn({ err: error }, 'due runs could not be looked for; tried again soon')
      this.#lookIn(LOOK_AGAIN_SECONDS * 1000)
    }
  }

  /** True when there may be more. */
  async #deliverDue(): Promise<boolean> {
    const roomy = [...this.#members].filter(({ room }) => room > 0)
    if (roomy.length === 0) return false
    this.#withdraw((offer) => offer.until <= performance.now())
    const room = Math.min(
      roomy.reduce((sum, member) => sum + member.room, 0),
      MOST_AT_ONCE,
    )
    const asked = Math.min(room + this.#offers.size, MOST_AT_ONCE)
    const found = await this.#selectDue(roomy, asked)
    if (found.length < asked) this.#forgetClaimed(roomy, found)
    const fresh = found.filter((run) => !this.#offers.has(offerKey(run)))
    const delivered = this.#assign(fresh)
    return delivered > 0 && found.length === asked
  }

  /** All that is due was found: what was delivered and is not among it, was claimed. */
  #forgetClaimed(roomy: readonly Member[], found: readonly DueRun[]): void {
    const due = new Set(found.map(offerKey))
    for (const [key, { queueId }] of this.#offers) {
      if (!due.has(key) && roomy.some((member) => serves(member, queueId))) this.#offers.delete(key)
    }
  }

  async #selectDue(roomy: readonly Member[], limit: number): Promise<DueRun[]> {
    const { db } = this.#workspace.store
    const [pool, all] = await Promise.all([
      db.selectFrom('work_pool').selectAll().where('id', '=', this.#poolId).executeTakeFirst(),
      db.selectFrom('work_queue').selectAll().where('work_pool_id', '=', this.#poolId).execute(),
    ])
    if (!pool) return []
    const queues = all.filter(({ id }) => roomy.some((member) => serves(member, id)))
    const poll = { pool, queues, scheduledBefore: nowMicroseconds(), limit, withoutBlocked: true }
    return selectDueRuns(this.#workspace.store, poll)
  }

  /** How many were served. Each run goes to the one with the most room, so that a burst is spread; among equals to the one that waited longest. */
  #assign(runs: readonly DueRun[]): number {
    const batches = new Map<Member, string[]>()
    for (const run of runs) {
      const member = this.#choose(run.work_queue_id)
      if (!member) continue
      member.room -= 1
      member.lastServed = ++this.#turns
      this.#offers.set(offerKey(run), {
        runId: run.id,
        queueId: run.work_queue_id,
        member,
        until: performance.now() + OFFER_SECONDS * 1000,
      })
      const batch = batches.get(member)
      if (batch) batch.push(run.id)
      else batches.set(member, [run.id])
    }
    for (const [{ subscriber }, batch] of batches) subscriber.deliver(batch)
    return batches.size
  }

  #choose(queueId: string): Member | undefined {
    let best: Member | undefined
    for (const member of this.#members) {
      if (member.room <= 0 || !serves(member, queueId)) continue
      if (!best || member.room > best.room || (member.room === best.room && member.lastServed < best.lastServed)) best = member
    }
    return best
  }

  /** Sets the timer to when the next run is due or the next delivery is given up, whichever is sooner. */
  async #waitForNext(): Promise<void> {
    if (this.#isStopped || this.#isWoken) return
    const due = await readNextDue(this.#workspace.store, this.#poolId, nowMicroseconds())
    const untilDue = due === null ? Infinity : toMilliseconds(due - nowMicroseconds())
    const untilGivenUp = Math.min(...[...this.#offers.values()].map(({ until }) => until - performance.now()))
    this.#lookIn(Math.max(1, Math.min(untilDue, untilGivenUp, LOOK_AGAIN_SECONDS * 1000)))
  }

  #lookIn(milliseconds: number): void {
    if (this.#isStopped) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.look(), milliseconds)
    this.#timer.unref()
  }

  #withdraw(isOver: (offer: Offer) => boolean): void {
    for (const [key, offer] of this.#offers) if (isOver(offer)) this.#offers.delete(key)
  }
}

function serves({ subscriber }: Member, queueId: string): boolean {
  return subscriber.queueIds === null || subscriber.queueIds.has(queueId)
}

function offerKey(run: DueRun): string {
  return `${run.id} ${run.state_id}`
}

/** A timer that fires early would find nothing due, so it is set a little late. */
function toMilliseconds(microseconds: Microseconds): number {
  return Math.ceil((microseconds * 1000) / MICROSECONDS_PER_SECOND)
}
