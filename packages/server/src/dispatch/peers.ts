import { randomUUID } from 'node:crypto'
import { isJsonObject } from '@aedile/core/json'
import { Notices } from '../store/postgres/notices.ts'
import type { Workspace } from '../workspace.ts'

const CHANNEL = 'aedile_changes'
/** Postgres takes 8,000 bytes; a list that is longer is told as "any". */
const MOST_IDS = 100

/** The other servers on the same Postgres; null on SQLite, whose file has one server. Started by `start`. */
export function findPeers(workspace: Workspace, url: string): Peers | null {
  return workspace.store.kind === 'postgres' ? new Peers(workspace, url) : null
}

/**
 * Tells the other servers on the same Postgres that runs may be due or shall be cancelled, and hears it from them: ids
 * only, once per tick. Nothing depends on it: each server looks by itself too.
 */
class Peers {
  readonly #workspace: Workspace
  readonly #notices: Notices
  readonly #self = randomUUID()
  #dispatch: Set<string> | null = null
  #cancelling = new Set<string>()
  #isRelaying = false

  constructor(workspace: Workspace, url: string) {
    this.#workspace = workspace
    this.#notices = new Notices({
      url,
      channel: CHANNEL,
      onNotice: (text) => this.#hear(text),
      onListening: () => this.#relay(() => workspace.changes.emit('dispatch', [])),
      onError: (error) =>
        workspace.log.warn({ err: error }, 'other servers cannot be heard for now; runs are looked for regularly'),
    })
  }

  start(): void {
    this.#workspace.changes.on('dispatch', this.#tellDispatch)
    this.#workspace.changes.on('cancelling', this.#tellCancelling)
    this.#notices.start()
  }

  async stop(): Promise<void> {
    this.#workspace.changes.off('dispatch', this.#tellDispatch)
    this.#workspace.changes.off('cancelling', this.#tellCancelling)
    await this.#notices.stop()
  }

  /** No ids mean any pool, and so do too many. */
  readonly #tellDispatch = (poolIds: readonly string[]): void => {
    if (this.#isRelaying) return
    this.#schedule()
    const any = poolIds.length === 0 || this.#dispatch?.has('') === true
    this.#dispatch = any ? new Set(['']) : new Set([...(this.#dispatch ?? []), ...poolIds])
  }

  readonly #tellCancelling = (flowRunIds: readonly string[]): void => {
    if (this.#isRelaying) return
    this.#schedule()
    for (const id of flowRunIds) this.#cancelling.add(id)
  }

  #schedule(): void {
    if (this.#dispatch === null && this.#cancelling.size === 0) setImmediate(() => this.#flush())
  }

  #flush(): void {
    const dispatch = this.#dispatch && [...this.#dispatch].filter((id) => id !== '')
    const cancelling = [...this.#cancelling]
    this.#dispatch = null
    this.#cancelling = new Set()
    const pools = dispatch && dispatch.length > MOST_IDS ? [] : dispatch
    this.#send({ dispatch: pools, cancelling: cancelling.slice(0, MOST_IDS) })
    for (let from = MOST_IDS; from < cancelling.length; from += MOST_IDS) {
      this.#send({ dispatch: null, cancelling: cancelling.slice(from, from + MOST_IDS) })
    }
  }

  #send(notice: { dispatch: string[] | null; cancelling: string[] }): void {
    this.#notices.send(JSON.stringify({ from: this.#self, ...notice }))
  }

  /** A notice that cannot be read is of another version: then only regular looking helps. */
  #hear(text: string): void {
    const notice = parseNotice(text)
    if (!notice || notice.from === this.#self) return
    this.#relay(() => {
      const { changes } = this.#workspace
      if (notice.dispatch) changes.emit('dispatch', notice.dispatch)
      if (notice.cancelling.length > 0) changes.emit('cancelling', notice.cancelling)
    })
  }

  /** What was heard is not told again. */
  #relay(emit: () => void): void {
    this.#isRelaying = true
    try {
      emit()
    } finally {
      this.#isRelaying = false
    }
  }
}

function parseNotice(text: string): { from: unknown; dispatch: string[] | null; cancelling: string[] } | null {
  try {
    const notice: unknown = JSON.parse(text)
    if (!isJsonObject(notice)) return null
    const isIds = (value: unknown): value is string[] => Array.isArray(value) && value.every((id) => typeof id === 'string')
    return {
      from: notice.from,
      dispatch: isIds(notice.dispatch) ? notice.dispatch : null,
      cancelling: isIds(notice.cancelling) ? notice.cancelling : [],
    }
  } catch {
    return null
  }
}
