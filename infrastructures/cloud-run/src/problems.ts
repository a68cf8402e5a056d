import { AedileError } from '@aedile/core/errors'

/** Collects what is wrong with a job, so that one error can name all of it. */
export class Problems {
  readonly #found: { pointers: string[]; why: string }[] = []

  /** Notes what is wrong at a JSON pointer, or at several. */
  add(at: string | string[], why: string): void {
    this.#found.push({ pointers: [at].flat(), why })
  }

  /** @throws AedileError `template_invalid` that names every pointer, when anything was wrong. */
  throwIfAny(): void {
    if (this.#found.length === 0) return
    const pointers = this.#found.flatMap((problem) => problem.pointers)
    const why = this.#found.map((problem) => problem.why).join('; ')
    throw new AedileError('template_invalid', { pointer: pointers.join(', '), pointers, why })
  }
}
