/** How many things were done in how many seconds. More is better. */
type Rate = { kind: 'rate'; unit: string; count: number; seconds: number }
/** Milliseconds, each by itself. Less is better. */
type Times = { kind: 'times'; show: 'quantiles' | 'median'; samples: number[] }
/** Something else that was read a few times. Less is better. */
type Amount = { kind: 'amount'; unit: string; samples: number[] }
/** What went wrong, by name (an HTTP status, or a sentence), among how many tries. */
type Errors = { kind: 'errors'; counts: Record<string, number>; tries: number }
/** How often something was done before another figure was taken; neither good nor bad. */
type Count = { kind: 'count'; count: number }

export type Figure = Rate | Times | Amount | Errors | Count

/** One line of the table as one product gave it in one round. */
export type Result = { what: string; figure: Figure }

/** A figure in numbers: what programs get, and what the ratios are made from. */
export type Summary = { n: number; values: Record<string, number> }

/** The value below which the given share of the samples lies (nearest rank). */
export function quantile(samples: number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** The figures of several rounds as one: counts and times add up, samples are put together. */
export function mergeFigures(figures: Figure[]): Figure {
  return figures.reduce(mergeTwo)
}

function mergeTwo(a: Figure, b: Figure): Figure {
  if (a.kind === 'rate' && b.kind === 'rate') return { ...a, count: a.count + b.count, seconds: a.seconds + b.seconds }
  if (a.kind === 'times' && b.kind === 'times') return { ...a, samples: a.samples.concat(b.samples) }
  if (a.kind === 'amount' && b.kind === 'amount') return { ...a, samples: a.samples.concat(b.samples) }
  if (a.kind === 'errors' && b.kind === 'errors') return { ...a, counts: addCounts(a.counts, b.counts), tries: a.tries + b.tries }
  if (a.kind === 'count' && b.kind === 'count') return { ...a, count: a.count + b.count }
  throw new Error(`A line of the table is ${a.kind} in one round and ${b.kind} in another.`)
}

/** Adds up counts by name. */
export function addCounts(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const sum = { ...a }
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count
  return sum
}

/** The numbers of a figure. */
export function summarizeFigure(figure: Figure): Summary {
  switch (figure.kind) {
    case 'rate':
      return { n: figure.count, values: { perSecond: figure.count / figure.seconds } }
    case 'times':
      return { n: figure.samples.length, values: quantilesOf(figure) }
    case 'amount':
      return { n: figure.samples.length, values: { median: quantile(figure.samples, 0.5) } }
    case 'count':
      return { n: figure.count, values: { count: figure.count } }
    case 'errors':
      return { n: figure.tries, values: figure.counts }
  }
}

function quantilesOf({ samples, show }: Times): Record<string, number> {
  if (show === 'median') return { median: quantile(samples, 0.5), least: quantile(samples, 0), most: quantile(samples, 1) }
  return { p50: quantile(samples, 0.5), p95: quantile(samples, 0.95), p99: quantile(samples, 0.99) }
}

/** How many times better ours is: above 1 it is, for rates as for times. */
export function ratiosOf(ours: Figure | null, theirs: Figure | null): Record<string, number> {
  if (!ours || !theirs || ours.kind === 'errors' || ours.kind === 'count') return {}
  const [a, b] = [summarizeFigure(ours).values, summarizeFigure(theirs).values]
  const names = Object.keys(a).filter((name) => name !== 'least' && name !== 'most')
  const ratios = names.map((name) => [name, ours.kind === 'rate' ? a[name]! / b[name]! : b[name]! / a[name]!] as const)
  return Object.fromEntries(ratios.filter(([, ratio]) => Number.isFinite(ratio)))
}
