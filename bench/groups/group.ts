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
  containers: number
  watchedContainers: number
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
  containers: 20,
  watchedContainers: 200,
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
  containers: 5,
  watchedContainers: 20,
}

/** A group cannot be measured on this machine, which says nothing against the product. */
export class MissingOnMachine extends Error {}

/** Some lines of the table that are measured together, on each of the databases. */
export type Group = {
  name: string
  title: string
  databases: Database[]
  /** Measures one product once, on a stage of its own. */
  measure(stage: Stage, scale: Scale, tell: (text: string) => void): Promise<Result[]>
}
