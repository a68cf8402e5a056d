import { STATE_TYPES, type StateType } from '@aedile/core/states'
import type { RunState } from './run-state.ts'
import type { Transition } from './transition.ts'

/** The type of a state in a rule's sets; null stands for a run that has no state. */
type FromType = StateType | null

/** What a rule does once the verdict is known. */
export type Aftermath = {
  /** The transition went on as the rule left it. `validated` is the state that holds now. */
  after?(validated: RunState | null): Promise<void> | void
  /** A later rule turned the transition into another one: undo what `apply` did outside of the proposal. */
  undo?(): Promise<void> | void
}

/**
 * One rule of orchestration. It applies when the intended pair is in its sets and no earlier rule has changed the
 * proposal's type. It reads and writes through the transaction it is given, and nothing else: no network, no timer.
 */
export type Rule<Row> = {
  readonly name: string
  readonly from: readonly FromType[]
  readonly to: readonly StateType[]
  /** Applies whatever the other rules did, and is never undone. */
  readonly universal?: true
  apply(transition: Transition<Row>): Promise<Aftermath | undefined> | Aftermath | undefined
}

/** Every type. */
export const ANY: readonly StateType[] = STATE_TYPES
/** Every type, and no state at all. */
export const ANY_OR_NONE: readonly FromType[] = [null, ...STATE_TYPES]
/** Every type but these. */
export const allBut = (...types: StateType[]): StateType[] => STATE_TYPES.filter((type) => !types.includes(type))
