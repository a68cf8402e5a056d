import type { Encryption } from './encryption.ts'
import type { Store } from './store.ts'

/**
 * Why the newest secret in the database cannot be read with these keys, or null. A key file that was lost and made anew is
 * noticed so at the start, and not when a flow needs its block.
 */
export async function findUnreadableSecret({ db }: Store, encryption: Encryption): Promise<string | null> {
  const newest = await db.selectFrom('block_document').select('data').orderBy('updated', 'desc').limit(1).executeTakeFirst()
  if (newest === undefined) return null
  try {
    encryption.decrypt(newest.data)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
