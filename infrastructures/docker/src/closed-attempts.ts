import { createHash } from 'node:crypto'
import type { Handle } from '@aedile/core/infrastructure-definition'
import type { EngineApi } from './api.ts'
import { isAnswer } from './engine-error.ts'
import { ATTEMPT_LABEL, SERVER_LABEL } from './labels.ts'

/** Why an attempt must not start any more. */
export type Closure = 'stopped' | 'removed'

const CLOSED_LABEL = 'io.aedile.closed'
/** For so long a starter that was overtaken may sleep, in milliseconds; then the mark is swept. */
const KEEP_MILLISECONDS = 3_600_000
const SWEEP_MILLISECONDS = 600_000

/**
 * Attempts that were stopped or removed, so that a starter who comes late starts nothing. Each is an empty volume on the
 * engine: the one thing there that everybody sees, that has a name of its own and that only its first maker describes.
 */
export class ClosedAttempts {
  readonly #api: EngineApi
  #sweptAt = 0

  constructor(api: EngineApi) {
    this.#api = api
  }

  /** Closes an attempt. The first reason stays. */
  async close(handle: Handle, reason: Closure): Promise<void> {
    const labels = { [ATTEMPT_LABEL]: handle.attempt, [SERVER_LABEL]: handle.server, [CLOSED_LABEL]: reason }
    await this.#api.createVolume(nameOf(handle), labels)
    if (Date.now() - this.#sweptAt < SWEEP_MILLISECONDS) return
    this.#sweptAt = Date.now()
    // In the background: it is tidying, and the next one does it too.
    this.sweep().catch(() => {})
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

  /** Removes the marks that are older than any starter. */
  async sweep(nowMilliseconds: number = Date.now()): Promise<void> {
    const volumes = await this.#api.listVolumes({ label: [CLOSED_LABEL] })
    for (const { Name, CreatedAt } of volumes) {
      if (nowMilliseconds - Date.parse(CreatedAt) > KEEP_MILLISECONDS) await this.#api.removeVolume(Name).catch(() => {})
    }
  }
}

/** Of this server's attempt only: another server may have one of the same key. */
function nameOf({ attempt, server }: Handle): string {
  const owner = createHash('sha256').update(server).digest('hex').slice(0, 12)
  return `aedile-closed-${attempt.replace(/[^a-zA-Z0-9_.-]/g, '-')}-${owner}`
}
