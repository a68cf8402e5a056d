import { setTimeout as sleep } from 'node:timers/promises'
import type BetterSqlite3 from 'better-sqlite3'
import { sqliteCode } from './errors.ts'

/** How long SQLite itself may block the event loop on another process's lock; beyond it we wait without blocking. */
export const BLOCKING_MILLISECONDS = 20

/** Begins a transaction that may write to both files; waits for their locks without blocking the event loop. */
export async function beginImmediate(database: BetterSqlite3.Database, lockedMilliseconds: number): Promise<void> {
  await whenUnlocked(lockedMilliseconds, () => database.exec('begin immediate'))
}

/** Tries again for a while as long as another process holds the file. */
export async function whenUnlocked<T>(lockedMilliseconds: number, action: () => T): Promise<T> {
  const until = performance.now() + lockedMilliseconds
  for (;;) {
    try {
      return action()
    } catch (error) {
      if (!sqliteCode(error)?.startsWith('SQLITE_BUSY') || performance.now() > until) throw error
      await sleep(1 + Math.random() * 10)
    }
  }
}
