import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { AedileError } from '@aedile/core/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'

/** What a state's `data` says of a result that is kept: never the value itself. Source: WC 1.2. */
export type ResultMetadata = JsonObject & { storage_key: string }

/** Keeps results as JSON files in one folder, in the format of a genuine result record. */
export class ResultStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Writes the value under a fresh key, or the one given, and returns what goes into the state. */
  async save(value: unknown, key: string = crypto.randomUUID().replaceAll('-', '')): Promise<ResultMetadata> {
    const metadata: ResultMetadata = {
      storage_key: key,
      expiration: null,
      serializer: { type: 'json' },
      prefect_version: '3.8.8',
      storage_block_id: null,
    }
    const file = this.#path(key)
    await mkdir(dirname(file), { recursive: true })
    // Renamed into place, so that a reader never sees half a result.
    const unfinished = `${file}.${process.pid}.part`
    await writeFile(unfinished, JSON.stringify({ metadata, result: JSON.stringify(value ?? null) }))
    await rename(unfinished, file)
    return metadata
  }

  async load(metadata: ResultMetadata): Promise<JsonValue> {
    const key = metadata.storage_key
    try {
      const record: unknown = JSON.parse(await readFile(this.#path(key), 'utf8'))
      if (isJsonObject(record) && typeof record.result === 'string') return JSON.parse(record.result) as JsonValue
      throw new Error('the file is no result record')
    } catch (cause) {
      throw new AedileError('result_missing', { key, folder: this.#folder }, { cause })
    }
  }

  #path(key: string): string {
    const path = isAbsolute(key) ? key : join(this.#folder, key)
    if (relative(this.#folder, path).startsWith('..')) throw new AedileError('result_missing', { key, folder: this.#folder })
    return path
  }
}

/** The metadata of a kept result in a state's `data`, or null. */
export function resultMetadata(data: JsonValue | undefined): ResultMetadata | null {
  return isJsonObject(data) && typeof data.storage_key === 'string' ? (data as ResultMetadata) : null
}
