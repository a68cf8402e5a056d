import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { AttemptKey, Handle, Outcome, ServerId } from '@aedile/core/infrastructure-definition'
import type { LogCursor } from './infrastructure-driver.ts'

const FORGOTTEN_SECONDS = 30 * 86_400
const HALF_WRITTEN_SECONDS = 600

/** How far an attempt came, as its worker knows it. */
export type Step = 'claiming' | 'claimed' | 'intended' | 'started' | 'ended' | 'reported'

/** Which notes are whose. */
export type NoteOwner = Pick<AttemptNote, 'server' | 'worker' | 'workPool'>

/** What a worker keeps of an attempt on its own disk. */
export type AttemptNote = {
  key: AttemptKey
  flowRunId: string
  /** The server that the run belongs to: one home may serve several. */
  server: ServerId
  workPool: string
  worker: string
  step: Step
  handle: Handle | null
  logCursor: LogCursor | null
  outcome: Outcome | null
}

/**
 * The worker's memory across a kill: one file per attempt, written through to the disk before the step that it notes is
 * taken. On a genuine server it is all there is. On ours the server remembers, so nothing is written.
 */
export class StateDirectory {
  readonly #folder: string
  readonly #isKept: boolean
  readonly #writes = new Map<AttemptKey, Promise<void>>()

  constructor(folder: string, { isKept = true }: { isKept?: boolean } = {}) {
    this.#folder = folder
    this.#isKept = isKept
  }

  /** The same folder for a worker whose server keeps the steps: it notes nothing, but finds what was noted before. */
  withoutNotes(): StateDirectory {
    return new StateDirectory(this.#folder, { isKept: false })
  }

  /** Writes the note, and resolves when it is on the disk. Notes of one attempt are written in order. */
  async save(note: AttemptNote): Promise<void> {
    if (!this.#isKept) return
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

  /** All notes of a worker. A file that cannot be read is left where it is. */
  async read({ server, worker, workPool }: NoteOwner): Promise<AttemptNote[]> {
    const names = await readdir(this.#folder).catch(() => [])
    const notes: AttemptNote[] = []
    for (const name of names.filter((name) => name.endsWith('.json'))) {
      try {
        const note = JSON.parse(await readFile(join(this.#folder, name), 'utf8')) as AttemptNote
        if (note.server === server && note.worker === worker && note.workPool === workPool) notes.push(note)
      } catch {}
    }
    return notes.sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  /** Removes what no worker will come back for: half-written notes, and notes that nobody touched for a month. */
  async sweep(nowMilliseconds = Date.now()): Promise<void> {
    const names = await readdir(this.#folder).catch(() => [])
    for (const name of names) {
      const path = join(this.#folder, name)
      const found = await stat(path).catch(() => null)
      const ageSeconds = found ? (nowMilliseconds - found.mtimeMs) / 1000 : 0
      const longest = name.endsWith('.json') ? FORGOTTEN_SECONDS : HALF_WRITTEN_SECONDS
      if (ageSeconds > longest) await rm(path, { force: true })
    }
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
