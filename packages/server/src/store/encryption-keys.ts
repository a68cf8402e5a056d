import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { AedileError } from '@aedile/core/errors'
import type { Encryption } from './encryption.ts'

/** A key for secrets at rest. Its id is derived from it, so that the same key has the same id everywhere. */
export type EncryptionKey = { id: string; bytes: Buffer }

const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

/** Encrypts with the newest of its keys and reads with all: `v1:<key id>:<iv>:<tag>:<data>`, in base64url. */
export class EncryptionKeys implements Encryption {
  readonly #keys: ReadonlyMap<string, EncryptionKey>
  readonly #newest: EncryptionKey

  /** @param keys oldest first, at least one. */
  constructor(keys: readonly EncryptionKey[]) {
    this.#keys = new Map(keys.map((key) => [key.id, key]))
    this.#newest = keys.at(-1)!
  }

  encrypt(text: string): string {
    const head = `v1:${this.#newest.id}`
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv(CIPHER, this.#newest.bytes, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(head))
    const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return [head, ...[iv, cipher.getAuthTag(), data].map((part) => part.toString('base64url'))].join(':')
  }

  decrypt(ciphertext: string): string {
    const [version, id, iv, tag, data, ...rest] = ciphertext.split(':')
    if (version !== 'v1' || iv === undefined || tag === undefined || data === undefined || rest.length > 0) {
      throw new AedileError('ciphertext_refused', { reason: 'it is not in the form v1:<key id>:<iv>:<tag>:<data>' })
    }
    const key = this.#keys.get(id!)
    if (!key) throw new AedileError('ciphertext_refused', { reason: `it needs the key ${id}, which this server does not have` })
    try {
      const decipher = createDecipheriv(CIPHER, key.bytes, Buffer.from(iv, 'base64url'), { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(`v1:${id}`)).setAuthTag(Buffer.from(tag, 'base64url'))
      return Buffer.concat([decipher.update(data, 'base64url'), decipher.final()]).toString('utf8')
    } catch (error) {
      throw new AedileError('ciphertext_refused', { reason: `it was changed since it was made with key ${id}` }, { cause: error })
    }
  }
}

/**
 * Reads keys as people give them: 32 bytes in base64, base64url or hex each, separated by commas, blanks or lines, the
 * newest last. Lines that begin with `#` are comments.
 * @param source where they come from, for the message.
 */
export function parseEncryptionKeys(text: string, source: string): EncryptionKey[] {
  const words = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .flatMap((line) => line.split(/[\s,]+/))
    .filter((word) => word !== '')
  if (words.length === 0) throw new AedileError('encryption_key_invalid', { source, reason: 'it is empty' })
  return words.map((word) => {
    const bytes = /^[0-9a-f]{64}$/i.test(word) ? Buffer.from(word, 'hex') : Buffer.from(word, 'base64')
    if (bytes.length !== KEY_BYTES) {
      const reason = `expected ${KEY_BYTES} bytes in base64 or hex, got ${bytes.length}`
      throw new AedileError('encryption_key_invalid', { source, reason })
    }
    return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 12), bytes }
  })
}

/** Makes a new key, in the text that `parseEncryptionKeys` reads. */
export function generateEncryptionKey(): string {
  return randomBytes(KEY_BYTES).toString('base64url')
}
