/** An action that may happen in a state: its name, and the state that it leads to. */
export type Step<State> = { name: string; next: State }

/** What the search found. */
export type Found = { states: number; ends: number }

/**
 * Visits every reachable state, breadth first. A state that breaks an invariant, or that nothing leads out of although it is
 * no end, fails with the shortest way there.
 */
export function searchAll<State>(model: {
  start: State
  steps: (state: State) => Step<State>[]
  /** What is wrong with a state, or null. */
  fault: (state: State) => string | null
  isEnd: (state: State) => boolean
  limit: number
}): Found {
  const seen = new Map<string, { from: string | null; by: string }>()
  const first = JSON.stringify(model.start)
  seen.set(first, { from: null, by: 'start' })
  let ends = 0
  let queue = [first]
  while (queue.length > 0) {
    const next: string[] = []
    for (const key of queue) {
      const state = JSON.parse(key) as State
      const fault = model.fault(state)
      if (fault) throw new Error(`${fault}\n${path(seen, key)}`)
      const steps = model.steps(state)
      if (model.isEnd(state)) ends += 1
      else if (steps.length === 0) throw new Error(`Nothing can happen any more, and it is no end\n${path(seen, key)}`)
      for (const step of steps) {
        const to = JSON.stringify(step.next)
        if (seen.has(to)) continue
        seen.set(to, { from: key, by: step.name })
        next.push(to)
      }
    }
    if (seen.size > model.limit) throw new Error(`More than ${model.limit} states`)
    queue = next
  }
  return { states: seen.size, ends }
}

function path(seen: Map<string, { from: string | null; by: string }>, end: string): string {
  const steps: string[] = []
  for (let key: string | null = end; key !== null; key = seen.get(key)!.from) steps.unshift(seen.get(key)!.by)
  return `${steps.join('\n')}\n${end}`
}
