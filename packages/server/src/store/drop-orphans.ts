import { sql } from 'kysely'
import type { DropOptions } from './retention.ts'
import type { Store } from './store.ts'

const CHUNK = 500

/**
 * Removes the line counters and output cursors of runs that are gone. They lie in SQLite's second file, where no foreign
 * key reaches. A counter stays while lines of its run are left, so that places are never given twice.
 */
export async function dropOrphans(store: Store, options: DropOptions = {}): Promise<number> {
  const counters = await drop(options, {
    find: () =>
      store.search(
        store.db
          .selectFrom('log_counter')
          .select('flow_run_id as key')
          .where(sql<boolean>`not exists (select 1 from flow_run where flow_run.id = log_counter.flow_run_id)`)
          .where(sql<boolean>`not exists (select 1 from log where log.flow_run_id = log_counter.flow_run_id)`)
          .limit(CHUNK)
          .compile(),
      ),
    remove: (keys) => store.write(({ db }) => db.deleteFrom('log_counter').where('flow_run_id', 'in', keys).execute()),
  })
  const cursors = await drop(options, {
    find: () =>
      store.search(
        store.db
          .selectFrom('output_cursor')
          .select('attempt_key as key')
          .where(
            sql<boolean>`not exists (select 1 from flow_run_attempt where flow_run_attempt.key = cast(output_cursor.attempt_key as text))`,
          )
          .limit(CHUNK)
          .compile(),
      ),
    remove: (keys) => store.write(({ db }) => db.deleteFrom('output_cursor').where('attempt_key', 'in', keys).execute()),
  })
  return counters + cursors
}

type Orphans = { find(): Promise<{ key: string }[]>; remove(keys: string[]): Promise<unknown> }

async function drop({ signal }: DropOptions, { find, remove }: Orphans): Promise<number> {
  for (let total = 0; ; ) {
    signal?.throwIfAborted()
    const keys = (await find()).map(({ key }) => key)
    if (keys.length > 0) await remove(keys)
    total += keys.length
    if (keys.length < CHUNK) return total
  }
}
