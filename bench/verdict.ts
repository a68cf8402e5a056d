import { type Figure, ratiosOf, summarizeFigure } from './figures.ts'
import type { Goal } from './targets.ts'

/** A row that falls short of its target is accepted from this share of the limit on. */
const ACCEPTED_SHARE = 0.6

/** `accepted`: short of the target, but near enough to what is possible without Aedile. `unknown`: its other side was not measured. */
export type Verdict = 'at target' | 'accepted' | 'short' | 'unknown'
export type Judgement = { goal: Goal; verdict: Verdict; share: number | null }

/** What stands beside ours: the limit of the same line, and the best of a genuine server's rates of the group. */
type Beside = { limit: Figure | null; bestGenuine: number | null }

/** Judges each goal of a line. */
export function judge(ours: Figure, goals: Goal[], { limit, bestGenuine }: Beside): Judgement[] {
  const values = valuesOf(ours)
  const shares = ratiosOf(ours, limit)
  return goals.map((goal) => {
    const share = shares[goal.value] ?? null
    const isMet = meets(values[goal.value] ?? Number.NaN, goal, bestGenuine)
    if (isMet === null) return { goal, verdict: 'unknown', share }
    if (isMet) return { goal, verdict: 'at target', share }
    return { goal, verdict: share !== null && share >= ACCEPTED_SHARE ? 'accepted' : 'short', share }
  })
}

/** The worst of a line's judgements; null without goals. */
export function worstOf(judgements: Judgement[]): Verdict | null {
  const order: Verdict[] = ['short', 'accepted', 'at target', 'unknown']
  return order.find((verdict) => judgements.some((one) => one.verdict === verdict)) ?? null
}

function valuesOf(figure: Figure): Record<string, number> {
  if (figure.kind !== 'errors') return summarizeFigure(figure).values
  return { errors: Object.values(figure.counts).reduce((sum, count) => sum + count, 0) }
}

/** Null when there is nothing to compare with. */
function meets(value: number, goal: Goal, bestGenuine: number | null): boolean | null {
  if ('below' in goal) return value < goal.below
  if ('least' in goal) return value >= goal.least
  return bestGenuine === null ? null : value >= goal.timesGenuine * bestGenuine
}
