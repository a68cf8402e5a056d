import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { AttemptKey, Handle, Outcome } from '@aedile/core/infrastructure-definition'
import type { LogCursor } from './infrastructure-driver.ts'

/** How far an attempt came, as its worker knows it. */
export type Step = 'claiming' | 'claimed' | 'intended' | 'started' | 'ended' | 'reported'

/** What a worker keeps of an attempt on its own disk. */
export type AttemptNote = {
  key: AttemptKey
  flowRunId: string
  workPool: string
  worker: string
  step: Step
  handle: Handle | null
  logCursor: LogCursor | null
  outcome: Outcome | null
}

/**
 * The worker's memory across a kill: one file per attempt, written through to the disk before the step that it notes is
 * taken. On a genuine server it is all there is; on ours it is what saves a question.
 */
export class StateDirectory {
  readonly #folder: string
  readonly #writes = new Map<AttemptKey, Promise<void>>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Writes the note, and resolves when it is on the disk. Notes of one attempt are written in order. */
  async save(note: AttemptNote): Promise<void> {
    const text = JSON.stringify(note)
    return this.#inOrder(note.key, async () => {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      const path = this.#path(note.key)
      const file = await open(`${path}.new`, 'w', 0o600)
      try {
        await file.writeFile(text)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(`${path}.new`, path)
    })
  }

  /** Forgets an attempt. */
  async delete(key: AttemptKey): Promise<void> {
    await this.#inOrder(key, () => rm(this.#path(key), { force: true }))
  }

  /** All notes of a worker of this name and pool. A file that cannot be read is left where it is. */
  async read(worker: string, workPool: string): Promise<AttemptNote[]> {
    const names = await readdir(this.#folder).catch(() => [])
    const notes: AttemptNote[] = []
    for (const name of names.filter((name) => name.endsWith('.json'))) {
      try {
        const note = JSON.parse(await readFile(join(this.#folder, name), 'utf8')) as AttemptNote
        if (note.worker === worker && note.workPool === workPool) notes.push(note)
      } catch {}
    }
    return notes.sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  #path(key: AttemptKey): string {
    return join(this.#folder, `${key}.json`)
  }

  #inOrder(key: AttemptKey, write: () => Promise<void>): Promise<void> {
    const before = this.#writes.get(key) ?? Promise.resolve()
    const after = before.catch(() => {}).then(write)
    this.#writes.set(key, after)
    const forget = () => {
      if (this.#writes.get(key) === after) this.#writes.delete(key)
    }
    after.then(forget, forget)
    return after
  }
}
