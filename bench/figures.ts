/** How many things were done in how many seconds. More is better. */
export type Rate = { kind: 'rate'; unit: string; count: number; seconds: number }
/** Milliseconds, each by itself. Less is better. */
export type Times = { kind: 'times'; show: 'quantiles' | 'median'; samples: number[] }
/** Something else that was read a few times. Less is better. */
export type Amount = { kind: 'amount'; unit: string; samples: number[] }
/** What went wrong, by name (an HTTP status, or a sentence), among how many tries. */
export type Errors = { kind: 'errors'; counts: Record<string, number>; tries: number }

export type Figure = Rate | Times | Amount | Errors

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
  return figures.reduce((all, one) => {
    if (all.kind === 'rate' && one.kind === 'rate')
      return { ...all, count: all.count + one.count, seconds: all.seconds + one.seconds }
    if (all.kind === 'times' && one.kind === 'times') return { ...all, samples: [...all.samples, ...one.samples] }
    if (all.kind === 'amount' && one.kind === 'amount') return { ...all, samples: [...all.samples, ...one.samples] }
    if (all.kind === 'errors' && one.kind === 'errors')
      return { ...all, counts: addCounts(all.counts, one.counts), tries: all.tries + one.tries }
    throw new Error(`A line of the table is ${all.kind} in one round and ${one.kind} in another.`)
  })
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
    case 'errors':
      return { n: figure.tries, values: figure.counts }
  }
}

function quantilesOf({ samples, show }: Times): Record<string, number> {
  if (show === 'median')
    return { median: quantile(samples, 0.5), least: quantile(samples, 0), most: quantile(samples, 1) }
  return { p50: quantile(samples, 0.5), p95: quantile(samples, 0.95), p99: quantile(samples, 0.99) }
}
