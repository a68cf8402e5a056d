import { ANY, ANY_OR_NONE, type Rule } from '../rule.ts'
import type { RunState } from '../run-state.ts'
import type { Transition } from '../transition.ts'

/** A step that writes the run's columns from a proposal which the rules let through. */
export function transform<Row>(
  name: string,
  write: (transition: Transition<Row> & { proposed: RunState }) => Promise<void> | void,
): Rule<Row> {
  return {
    name,
    from: ANY_OR_NONE,
    to: ANY,
    universal: true,
    apply(transition) {
      if (transition.proposed === null) return undefined
      const written = write(transition as Transition<Row> & { proposed: RunState })
      return written instanceof Promise ? written.then(() => undefined) : undefined
    },
  }
}
