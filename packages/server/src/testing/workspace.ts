import { pino } from 'pino'
import { Changes } from '../changes.ts'
import { defaultServerSettings, type ServerSettings } from '../settings.ts'
import { EncryptionKeys, generateEncryptionKey, parseEncryptionKeys } from '../store/encryption-keys.ts'
import { readServerId } from '../store/server-id.ts'
import type { Workspace } from '../workspace.ts'
import { openTestStore } from './databases.ts'

/** A work space of a test's own, on a fresh database; `close` removes it. */
export type TestWorkspace = { workspace: Workspace; url: string; close(): Promise<void> }

/** Opens a work space on the database that this run of the tests is for. */
export async function openTestWorkspace(
  settings: Partial<ServerSettings> = {},
  parts: Partial<Workspace> = {},
): Promise<TestWorkspace> {
  const { store, url, close } = await openTestStore()
  const workspace: Workspace = {
    serverId: await readServerId(store),
    settings: { ...defaultServerSettings, databaseUrl: url, ...settings },
    store,
    encryption: new EncryptionKeys(parseEncryptionKeys(generateEncryptionKey(), 'test')),
    changes: new Changes(),
    log: pino({ level: 'silent' }),
    ...parts,
  }
  return { workspace, url, close }
}
