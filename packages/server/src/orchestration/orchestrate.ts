import type { Aftermath, Rule } from './rule.ts'
import type { RunState } from './run-state.ts'
import type { Transition } from './transition.ts'

type Entered<Row> = { rule: Rule<Row>; aftermath: Aftermath; type: RunState['type'] | null }

/**
 * Takes a proposal through a policy: the rules of the intended pair in order, the transforms that write the run's
 * columns, then the aftermath in reverse. A rule whose transition another one turned into something else undoes itself.
 * Source: WC 3.1.9 and 3.1.10.
 */
export async function orchestrate<Row>(
  transition: Transition<Row>,
  policy: readonly Rule<Row>[],
  transforms: readonly Rule<Row>[],
): Promise<void> {
  const from = transition.initial?.type ?? null
  const to = transition.proposed!.type
  const concerns = (rule: Rule<Row>) => rule.from.includes(from) && rule.to.includes(to)
  const entered: Entered<Row>[] = []
  for (const rule of [...policy, ...transforms].filter(concerns)) {
    if (!rule.universal && transition.proposed?.type !== to) continue
    const aftermath = (await rule.apply(transition)) ?? {}
    entered.push({ rule, aftermath, type: transition.proposed?.type ?? null })
  }
  const final = transition.proposed?.type ?? null
  for (const { rule, aftermath, type } of entered.reverse()) {
    if (rule.universal || type === final) await aftermath.after?.(transition.proposed ?? transition.initial)
    else await aftermath.undo?.()
  }
}
