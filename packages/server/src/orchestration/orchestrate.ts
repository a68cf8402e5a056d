import type { StateType } from '@aedile/core/states'
import type { Aftermath, Rule } from './rule.ts'
import type { RunState } from './run-state.ts'
import type { Transition } from './transition.ts'

type Entered<Row> = { rule: Rule<Row>; aftermath: Aftermath; type: RunState['type'] | null }

/** Runs what follows once the verdict is known. */
export type Finish = () => Promise<void>

/**
 * Takes a proposal through a policy: the rules of the intended pair in order, then the transforms that write the run's
 * columns. The function that it answers runs the aftermath in reverse; there a rule whose transition another one turned
 * into something else undoes itself. Source: WC 3.1.9 and 3.1.10.
 */
export async function orchestrate<Row>(
  transition: Transition<Row>,
  policy: readonly Rule<Row>[],
  transforms: readonly Rule<Row>[],
): Promise<Finish> {
  const from = transition.initial?.type ?? null
  const to = transition.proposed!.type
  const entered: Entered<Row>[] = []
  for (const rule of concerned(policy, from, to).concat(concerned(transforms, from, to))) {
    if (!rule.universal && transition.proposed?.type !== to) continue
    // Most rules answer at once: a microtask for each would cost more than they do.
    const answer = rule.apply(transition)
    const aftermath = answer instanceof Promise ? await answer : answer
    if (aftermath) entered.push({ rule, aftermath, type: transition.proposed?.type ?? null })
  }
  return async () => {
    const final = transition.proposed?.type ?? null
    for (const { rule, aftermath, type } of entered.reverse()) {
      if (rule.universal || type === final) await aftermath.after?.(transition.proposed ?? transition.initial)
      else await aftermath.undo?.()
    }
  }
}

const pairs = new WeakMap<readonly Rule<never>[], Map<string, readonly Rule<never>[]>>()

/** The rules of a list that a pair of types concerns, found once for each pair. */
function concerned<Row>(rules: readonly Rule<Row>[], from: StateType | null, to: StateType): Rule<Row>[] {
  const key = `${from} ${to}`
  const known = pairs.get(rules as never) ?? new Map<string, readonly Rule<never>[]>()
  let found = known.get(key) as Rule<Row>[] | undefined
  if (found === undefined) {
    found = rules.filter((rule) => rule.from.includes(from) && rule.to.includes(to))
    pairs.set(rules as never, known.set(key, found as never))
  }
  return found
}
