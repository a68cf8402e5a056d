import { type FSWatcher, watch } from 'node:fs'
import { type CodeFile, type FoundCode, findCode } from './flow-files.ts'

const QUIET_MILLISECONDS = 150

/** What has changed: files with flows to be read again, and such that are gone. */
export type CodeChange = { changed: string[]; removed: string[] }

/** Watches files and folders. Tells of changes when they have settled. */
export class CodeWatcher {
  readonly #find: () => FoundCode
  readonly #onChange: (change: CodeChange) => void
  readonly #onTrouble: (folder: string, error: Error) => void
  readonly #watchers = new Map<string, FSWatcher>()
  #known: CodeFile[]
  #settling: NodeJS.Timeout | null = null

  constructor(options: {
    paths: string[]
    folder: string
    onChange: (change: CodeChange) => void
    onTrouble: (folder: string, error: Error) => void
  }) {
    this.#find = () => findCode(options.paths, options.folder)
    this.#onChange = options.onChange
    this.#onTrouble = options.onTrouble
    this.#known = []
  }

  /** Begins, and tells which files have flows now. */
  start(): string[] {
    const found = this.#find()
    this.#known = found.files
    this.#watch(found.folders)
    return found.files.filter(({ hasFlows }) => hasFlows).map(({ path }) => path)
  }

  close(): void {
    if (this.#settling) clearTimeout(this.#settling)
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  #watch(folders: string[]): void {
    for (const [folder, watcher] of this.#watchers) {
      if (folders.includes(folder)) continue
      watcher.close()
      this.#watchers.delete(folder)
    }
    for (const folder of folders) {
      if (this.#watchers.has(folder)) continue
      try {
        const watcher = watch(folder, () => this.#settle())
        watcher.on('error', (error) => this.#onTrouble(folder, error))
        this.#watchers.set(folder, watcher)
      } catch (error) {
        this.#onTrouble(folder, error as Error)
      }
    }
  }

  /** An editor writes a file in several steps: the change is looked at when it has been quiet for a moment. */
  #settle(): void {
    if (this.#settling) clearTimeout(this.#settling)
    this.#settling = setTimeout(() => this.#look(), QUIET_MILLISECONDS)
  }

  #look(): void {
    const found = this.#find()
    const change = compareCode(this.#known, found.files)
    this.#known = found.files
    this.#watch(found.folders)
    if (change.changed.length + change.removed.length > 0) this.#onChange(change)
  }
}

/** What two looks at the code differ in. Code without flows may be used by all that have some. */
export function compareCode(before: CodeFile[], after: CodeFile[]): CodeChange {
  const stamps = new Map(before.map(({ path, stamp }) => [path, stamp]))
  const flowFiles = after.filter(({ hasFlows }) => hasFlows)
  const isChanged = ({ path, stamp }: CodeFile) => stamps.get(path) !== stamp
  const usedHasChanged = after.some((file) => !file.hasFlows && isChanged(file) && stamps.has(file.path))
  const remaining = new Set(flowFiles.map(({ path }) => path))
  return {
    changed: (usedHasChanged ? flowFiles : flowFiles.filter(isChanged)).map(({ path }) => path),
    removed: before.filter(({ path, hasFlows }) => hasFlows && !remaining.has(path)).map(({ path }) => path),
  }
}
