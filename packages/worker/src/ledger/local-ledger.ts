import type { ServerId } from '@aedile/core/infrastructure-definition'
import type { LogCreate } from '@aedile/core/resources/log'
import type { LogCursor } from '../infrastructure-driver.ts'
import type { AttemptLedger, Output } from './ledger.ts'

/** The ledger on a genuine server: it keeps lines of output, and nothing else. */
export class LocalLedger implements AttemptLedger {
  readonly shared = false
  readonly leaseSeconds = null
  readonly serverId: ServerId
  readonly #createLogs: (lines: LogCreate[]) => Promise<void>

  constructor(serverId: ServerId, createLogs: (lines: LogCreate[]) => Promise<void>) {
    this.serverId = serverId
    this.#createLogs = createLogs
  }

  async advance(_key: string, { lines, cursor }: Output): Promise<LogCursor> {
    if (lines.length > 0) await this.#createLogs(lines)
    return cursor
  }

  async intend(): Promise<void> {}
  async record(): Promise<void> {}
  async end(): Promise<void> {}
  async report(): Promise<void> {}
  async remove(): Promise<void> {}
  async status(): Promise<void> {}
  async renew(): Promise<null> {
    return null
  }
  async takeOver(): Promise<null> {
    return null
  }
  async open(): Promise<[]> {
    return []
  }
}
