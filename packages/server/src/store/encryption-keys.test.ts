import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEncryption, toKeyFile } from './encryption-key-file.ts'
import { EncryptionKeys, generateEncryptionKey, parseEncryptionKeys } from './encryption-keys.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aedile-keys-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const key = () => parseEncryptionKeys(generateEncryptionKey(), 'test')[0]!

test('a secret comes back as it was, and no two ciphertexts of it are alike', () => {
  const keys = new EncryptionKeys([key()])
  const secret = '{"password": "pässwörd 😀", "z": 1, "a": 2}'
  expect(keys.decrypt(keys.encrypt(secret))).toBe(secret)
  expect(keys.encrypt(secret)).not.toBe(keys.encrypt(secret))
  expect(keys.encrypt(secret)).toMatch(/^v1:[0-9a-f]{12}:[\w-]+:[\w-]+:[\w-]+$/)
  expect(keys.decrypt(keys.encrypt(''))).toBe('')
})

test('old secrets are read after a new key was added, new ones are written with it', () => {
  const [old, fresh] = [key(), key()]
  const ciphertext = new EncryptionKeys([old]).encrypt('s')
  const both = new EncryptionKeys([old, fresh])
  expect(both.decrypt(ciphertext)).toBe('s')
  expect(both.encrypt('s').split(':')[1]).toBe(fresh.id)
  expect(() => new EncryptionKeys([fresh]).decrypt(ciphertext)).toThrow(`it needs the key ${old.id}`)
})

test.each([0, 1, 2, 3, 4])('a ciphertext whose part %i was changed is refused', (part) => {
  const other = key()
  const keys = new EncryptionKeys([other, key()])
  const parts = keys.encrypt('a secret').split(':')
  const text = parts[part]!
  // Another known key's id, so that the change is not found by the id alone.
  parts[part] = part === 1 ? other.id : `${text[0] === 'A' ? 'B' : 'A'}${text.slice(1)}`
  expect(() => keys.decrypt(parts.join(':'))).toThrow(expect.objectContaining({ code: 'ciphertext_refused' }))
})

test('a shortened tag is refused', () => {
  const keys = new EncryptionKeys([key()])
  const parts = keys.encrypt('a secret').split(':')
  parts[3] = Buffer.from(parts[3]!, 'base64url').subarray(0, 4).toString('base64url')
  expect(() => keys.decrypt(parts.join(':'))).toThrow(expect.objectContaining({ code: 'ciphertext_refused' }))
})

test('servers that start at once make one key file, for their owner only, and use it again', async () => {
  const source = { url: `sqlite://${join(folder, 'deep', 'aedile.db')}`, stateDirectory: folder }
  const opened = await Promise.all([1, 2, 3].map(() => openEncryption(source)))
  const ciphertext = opened[0]!.encrypt('s')
  for (const keys of [...opened, await openEncryption(source)]) expect(keys.decrypt(ciphertext)).toBe('s')
  expect(toKeyFile(source)).toBe(join(folder, 'deep', 'aedile.key'))
  expect(statSync(toKeyFile(source)).mode & 0o777).toBe(0o600)
  expect(toKeyFile({ url: 'postgres://host/name', stateDirectory: folder })).toBe(join(folder, 'encryption.key'))
})

test('a key file that everyone can read is refused, with the way to mend it', async () => {
  const source = { url: 'postgres://host/name', stateDirectory: folder }
  await openEncryption(source)
  chmodSync(toKeyFile(source), 0o644)
  await expect(openEncryption(source)).rejects.toThrow('chmod 600')
})

test('keys from the environment are used in place of a file, and a bad one is named', async () => {
  const [old, fresh] = [generateEncryptionKey(), generateEncryptionKey()]
  const source = { url: 'postgres://host/name', stateDirectory: join(folder, 'none') }
  const keys = await openEncryption({ ...source, keys: `${old},${fresh}` })
  expect(keys.encrypt('s').split(':')[1]).toBe(parseEncryptionKeys(fresh, 'test')[0]!.id)
  expect(() => statSync(source.stateDirectory)).toThrow('ENOENT')
  await expect(openEncryption({ ...source, keys: 'secret' })).rejects.toThrow('AEDILE_SERVER_ENCRYPTION_KEY')
})
