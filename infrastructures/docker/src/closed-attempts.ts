import { createHash } from 'node:crypto'
import type { Handle } from '@aedile/core/infrastructure-definition'
import type { EngineApi } from './api.ts'
import { isAnswer } from './engine-error.ts'
import { ATTEMPT_LABEL, SERVER_LABEL } from './labels.ts'

/** Why an attempt must not start any more. */
export type Closure = 'stopped' | 'removed'

type Closable = Pick<Handle, 'attempt' | 'server'>

const CLOSED_LABEL = 'io.aedile.closed'
/** For so long a starter that was overtaken may sleep, in milliseconds; then the mark is swept. */
const KEEP_MILLISECONDS = 3_600_000
const SWEEP_MILLISECONDS = 600_000

/**
 * Attempts that were stopped or removed, so that a starter who comes late starts nothing. Each is an empty volume on the
 * engine: the one thing there that everybody sees, that has a name of its own and that only its first maker describes. So is a
 * start that is announced.
 */
export class ClosedAttempts {
  readonly #api: EngineApi
  #sweptAt = 0

  constructor(api: EngineApi) {
    this.#api = api
  }

  /** Closes an attempt. The first reason stays. */
  async close(handle: Handle, reason: Closure): Promise<void> {
    await this.#api.createVolume(nameOf(handle), labelsOf(handle, reason))
    this.sweepSometimes()
  }

  /** Notes that one more process may start an attempt. */
  async announce(attempt: Closable): Promise<void> {
    await this.#api.createVolume(nameOf(attempt, 'starting'), labelsOf(attempt, 'starting'))
    this.sweepSometimes()
  }

  /** Removes the mark of an attempt that has ended, if there is one. False when a start was announced: then the mark matters. */
  async forget(attempt: Closable): Promise<boolean> {
    const label = [`${ATTEMPT_LABEL}=${attempt.attempt}`, `${SERVER_LABEL}=${attempt.server}`, CLOSED_LABEL]
    const marks = await this.#api.listVolumes({ label })
    if (marks.some(({ Labels }) => Labels?.[CLOSED_LABEL] === 'starting')) return false
    for (const { Name } of marks) {
      await this.#api.removeVolume(Name).catch((error: unknown) => {
        if (!isAnswer(error, 404)) throw error
      })
    }
    return true
  }

  /** Why an attempt is closed; null while it is not. */
  async find(handle: Handle): Promise<Closure | null> {
    try {
      const { Labels } = await this.#api.inspectVolume(nameOf(handle))
      return Labels?.[CLOSED_LABEL] === 'stopped' ? 'stopped' : 'removed'
    } catch (error) {
      if (isAnswer(error, 404)) return null
      throw error
    }
  }

  /** Sweeps in the background, unless it did lately: it is tidying, and the next one does it too. */
  sweepSometimes(): void {
    if (Date.now() - this.#sweptAt < SWEEP_MILLISECONDS) return
    this.#sweptAt = Date.now()
    this.sweep().catch(() => {})
  }

  /** Removes the marks that are older than any starter. */
  async sweep(nowMilliseconds: number = Date.now()): Promise<void> {
    const volumes = await this.#api.listVolumes({ label: [CLOSED_LABEL] })
    for (const { Name, CreatedAt } of volumes) {
      if (nowMilliseconds - Date.parse(CreatedAt) > KEEP_MILLISECONDS) await this.#api.removeVolume(Name).catch(() => {})
    }
  }
}

function labelsOf({ attempt, server }: Closable, what: Closure | 'starting'): Record<string, string> {
  return { [ATTEMPT_LABEL]: attempt, [SERVER_LABEL]: server, [CLOSED_LABEL]: what }
}

/** Of this server's attempt only: another server may have one of the same key. */
function nameOf({ attempt, server }: Closable, kind: 'closed' | 'starting' = 'closed'): string {
  const owner = createHash('sha256').update(server).digest('hex').slice(0, 12)
  return `aedile-${kind}-${attempt.replace(/[^a-zA-Z0-9_.-]/g, '-')}-${owner}`
}
