import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { ResultStore } from './result-store.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})
async function makeFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'aedile-results-'))
  folders.push(folder)
  return folder
}

test('a result comes back as it was, and only its metadata is for the state', async () => {
  const folder = await makeFolder()
  const store = new ResultStore(folder)
  const metadata = await store.save({ zoë: [1, null] })
  expect(JSON.stringify(metadata)).not.toContain('zoë')
  expect(await store.load(metadata)).toEqual({ zoë: [1, null] })
  expect(await readdir(folder)).toEqual([metadata.storage_key])
  expect(await store.load(await store.save(undefined, 'named/one'))).toBeNull()
})

test('a missing result and a key that leads out of the folder are named', async () => {
  const store = new ResultStore(await makeFolder())
  const metadata = await store.save(1)
  await expect(store.load({ ...metadata, storage_key: 'gone' })).rejects.toMatchObject({ code: 'result_missing' })
  await expect(store.load({ ...metadata, storage_key: '../secret' })).rejects.toMatchObject({ code: 'result_missing' })
})
