import { randomUUID } from 'node:crypto'
import { nowMicroseconds } from '@aedile/core/time'
import type { Store } from './store.ts'

const KEY = 'server_id'

/** Reads the id that this database got at its first start, and gives it one then. All servers of a database share it. */
export async function readServerId(store: Store): Promise<string> {
  const known = await findServerId(store)
  if (known) return known
  const row = { key: KEY, value: JSON.stringify(randomUUID()), updated: nowMicroseconds() }
  await store.write(({ db }) =>
    db
      .insertInto('configuration')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
  )
  return (await findServerId(store))!
}

async function findServerId(store: Store): Promise<string | undefined> {
  const row = await store.db.selectFrom('configuration').select('value').where('key', '=', KEY).executeTakeFirst()
  return row && JSON.parse(row.value)
}
