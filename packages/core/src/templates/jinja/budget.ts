import { JinjaError } from './tokens.ts'

const MOST_STEPS = 200_000
/** Characters of a text, or items of a list. */
const MOST_SIZE = 1_000_000
const MOST_BITS = 10_000

/** What one rendering may use up. Everything that grows asks here before it does. */
export class Budget {
  #steps = MOST_STEPS
  #written = 0

  /** One more expression, statement or item. */
  step(): void {
    this.#steps -= 1
    if (this.#steps < 0) throw new JinjaError(`it takes more than ${MOST_STEPS} steps`)
  }

  /** A text or list of this size is going to be made; a large one costs more steps. */
  size(size: number): void {
    if (size > MOST_SIZE) throw new JinjaError(`a value of more than ${MOST_SIZE} characters or items is too large`)
    this.#steps -= size / 100
    this.step()
  }

  integer(bits: number): void {
    if (bits > MOST_BITS) throw new JinjaError(`an integer of more than ${MOST_BITS} bits is too large`)
  }

  /** So much is added to the output. */
  write(length: number): void {
    this.#written += length
    if (this.#written > MOST_SIZE) throw new JinjaError(`the result is longer than ${MOST_SIZE} characters`)
  }
}
