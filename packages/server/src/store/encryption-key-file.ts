import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AedileError } from '@aedile/core/errors'
import { parseDatabaseUrl } from './database-url.ts'
import { EncryptionKeys, generateEncryptionKey, parseEncryptionKeys } from './encryption-keys.ts'

export type EncryptionSource = {
  /** The database's URL: beside a SQLite file is its key file. */
  url: string
  /** Where the key file of a Postgres is. */
  stateDirectory: string
  /** The value of AEDILE_SERVER_ENCRYPTION_KEY, when it is set; then no file is read or made. */
  keys?: string
}

/** Opens the keys for secrets at rest; at first start a key file is made, readable for its owner only. */
export async function openEncryption(source: EncryptionSource): Promise<EncryptionKeys> {
  if (source.keys) return new EncryptionKeys(parseEncryptionKeys(source.keys, 'AEDILE_SERVER_ENCRYPTION_KEY'))
  const file = toKeyFile(source)
  await makeKeyFile(file)
  await refuseReadableByOthers(file)
  return new EncryptionKeys(parseEncryptionKeys(await readFile(file, 'utf8'), file))
}

/** Where the key file is: `aedile.key` beside `aedile.db`, `encryption.key` in the state directory otherwise. */
export function toKeyFile({ url, stateDirectory }: EncryptionSource): string {
  const database = parseDatabaseUrl(url)
  if (database.kind === 'postgres') return join(stateDirectory, 'encryption.key')
  return `${database.file.replace(/\.(db|sqlite|sqlite3)$/i, '')}.key`
}

/** Makes the file unless it exists. It appears whole or not at all, also when two processes start at once. */
async function makeKeyFile(file: string): Promise<void> {
  if (await exists(file)) return
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${randomUUID()}`
  const handle = await open(draft, 'wx', 0o600)
  try {
    const comment = '# Keys for the secrets in the database, newest last. Without them the secrets cannot be read: keep a copy.'
    await handle.writeFile(`${comment}\n${generateEncryptionKey()}\n`)
    await handle.sync()
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await handle.close()
    await unlink(draft)
  }
}

async function refuseReadableByOthers(file: string): Promise<void> {
  if (process.platform === 'win32') return
  const { mode } = await stat(file)
  if ((mode & 0o007) === 0) return
  const reason = `everyone on this machine may read or change it; run \`chmod 600 ${file}\``
  throw new AedileError('encryption_key_invalid', { source: file, reason })
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}
