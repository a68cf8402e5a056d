import { EventEmitter } from 'node:events'
import type { ReceivedEvent } from '@aedile/core/resources/event'
import type { Log } from '@aedile/core/resources/log'

type ChangeMap = {
  /** Events that are committed. */
  events: [ReceivedEvent[]]
  /** Log lines that are committed. */
  logs: [Log[]]
  /** Something was written to the outbox, and is committed. */
  outbox: []
  /** Runs may have become due, or slots free, in these work pools (by id); empty means any. */
  dispatch: [string[]]
  /** These runs shall be cancelled. */
  cancelling: [string[]]
  /** A deployment was written; its schedules may need runs. */
  deployments: [string[]]
}

/** The name of a kind of change. */
export type ChangeName = keyof ChangeMap

/** What was committed in this process, for live streams and services. Emitted after the commit only; never a source of truth. */
export class Changes extends EventEmitter<ChangeMap> {
  constructor() {
    super()
    this.setMaxListeners(0)
  }
}
