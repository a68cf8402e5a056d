import { type FSWatcher, watch } from 'node:fs'

/** How often directories are looked at even when no change was told, in milliseconds. */
const SWEEP_MILLISECONDS = 1_000

/** Tells one observer that its directory may have changed. */
export type Wake = {
  /** Resolves at the next change since the last call, at the next sweep, or rejects when the signal aborts. */
  next(signal: AbortSignal): Promise<void>
  close(): void
}

/**
 * The one watch of a connection, fanned out to its observers: the kernel's notifications, and one timer for all
 * because these may be missing (network file systems, exhausted watches).
 */
export class DirectoryWatch {
  readonly #sweeps = new Set<() => void>()
  #timer: NodeJS.Timeout | null = null

  open(directory: string): Wake {
    let changed = true
    let resume: (() => void) | null = null
    const wake = () => {
      changed = true
      resume?.()
    }
    const watcher = watchDirectory(directory, wake)
    this.#sweeps.add(wake)
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MILLISECONDS)
    return {
      next: (signal) =>
        new Promise<void>((resolve, reject) => {
          const settle = (act: () => void) => {
            signal.removeEventListener('abort', abort)
            resume = null
            changed = false
            act()
          }
          const abort = () => settle(() => reject(signal.reason))
          if (signal.aborted) return reject(signal.reason)
          if (changed) return settle(resolve)
          signal.addEventListener('abort', abort)
          resume = () => settle(resolve)
        }),
      close: () => {
        watcher?.close()
        this.#sweeps.delete(wake)
        if (this.#sweeps.size === 0) this.close()
      },
    }
  }

  close(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
  }

  #sweep(): void {
    for (const wake of this.#sweeps) wake()
  }
}

function watchDirectory(directory: string, onChange: () => void): FSWatcher | null {
  try {
    const watcher = watch(directory, { persistent: false }, onChange)
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return null
  }
}
