/**
 * A delay around an average, so that those who wait do not come back all at once: exponentially distributed, cut to at
 * most (1 + factor) times the average, and below such that the average stays about the same.
 */
export function spreadDelay(averageSeconds: number, factor = 0.3): number {
  if (averageSeconds <= 0) return 0
  const upper = 1 + factor
  const lower = Math.max(0, lowerBound(upper))
  const from = 1 - Math.exp(-lower)
  const to = 1 - Math.exp(-upper)
  return -averageSeconds * Math.log(Math.max(1 - (from + (to - from) * Math.random()), Number.EPSILON))
}

/** Below the average there must lie as much probability as between it and the upper bound. */
function lowerBound(upper: number): number {
  const above = 1 - Math.exp(-upper) - (1 - Math.exp(-Math.LN2))
  return -Math.log(1 - Math.max(0, 0.5 - above))
}
