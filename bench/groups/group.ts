import type { Result } from '../figures.ts'
import type { Database } from '../products/product.ts'
import type { Stage } from '../stage/stage.ts'

/** How much is measured in one round. */
export type Scale = {
  loadSeconds: number
  warmUpSeconds: number
  restSeconds: number
  runsForMemory: number
  starts: number
  cliCalls: number
  dispatchedRuns: number
  bursts: number
}

export const FULL_SCALE: Scale = {
  loadSeconds: 10,
  warmUpSeconds: 3,
  restSeconds: 60,
  runsForMemory: 10_000,
  starts: 3,
  cliCalls: 10,
  dispatchedRuns: 50,
  bursts: 2,
}

export const QUICK_SCALE: Scale = {
  loadSeconds: 2,
  warmUpSeconds: 1,
  restSeconds: 5,
  runsForMemory: 500,
  starts: 1,
  cliCalls: 3,
  dispatchedRuns: 10,
  bursts: 1,
}

/** Some lines of the table that are measured together, on each of the databases. */
export type Group = {
  name: string
  title: string
  databases: Database[]
  /** Measures one product once, on a stage of its own. */
  measure(stage: Stage, scale: Scale, tell: (text: string) => void): Promise<Result[]>
}
