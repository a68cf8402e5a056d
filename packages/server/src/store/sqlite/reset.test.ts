import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { resetDatabase } from '../maintenance/reset-database.ts'
import { openStore } from '../open.ts'

test('a reset is refused while a server has the file open', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aedile-reset-'))
  try {
    const url = join(folder, 'aedile.db')
    const store = await openStore({ url, upgrade: true })
    await expect(resetDatabase(url)).rejects.toMatchObject({ code: 'database_locked' })
    await store.close()
    await resetDatabase(url)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
