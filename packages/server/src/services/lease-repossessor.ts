import { listExpiredLeases, releaseExpiredLease } from '../dispatch/leases.ts'
import type { Workspace } from '../workspace.ts'
import type { Service } from './service.ts'

const CHUNK = 100

/** Gives back the slots of leases that nobody renewed. Each is read again under its lock: a renewed one is left alone. */
export class LeaseRepossessor implements Service {
  readonly name = 'lease-repossessor'
  readonly intervalSeconds: number
  readonly #workspace: Workspace

  constructor(workspace: Workspace) {
    this.#workspace = workspace
    this.intervalSeconds = workspace.settings.leaseExpiryIntervalSeconds
  }

  async runOnce(signal: AbortSignal): Promise<void> {
    const { store, changes } = this.#workspace
    for (;;) {
      const ids = await store.write((transaction) => listExpiredLeases(transaction, CHUNK))
      let released = 0
      for (const id of ids) {
        signal.throwIfAborted()
        if (await store.write((transaction) => releaseExpiredLease(transaction, id))) released++
      }
      if (released > 0) changes.emit('dispatch', [])
      if (released < CHUNK) return
    }
  }
}
