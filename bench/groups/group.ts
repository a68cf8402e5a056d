import type { Result } from '../figures.ts'
import type { Database } from '../products/product.ts'
import type { Stage } from '../stage/stage.ts'

/** How much is measured in one round. */
export type Scale = {
  loadSeconds: number
  warmUpSeconds: number
  /** Just started, or after much work, a process still compiles and frees. */
  settleSeconds: number
  restSeconds: number
  runsForMemory: number
  starts: number
  cliCalls: number
  dispatchedRuns: number
  /** A run is created at a moment within so much after the last, which has nothing to do with when a worker asks. */
  largestPauseSeconds: number
  readConnections: number[]
  bursts: number
  containers: number
  watchedContainers: number
  /** In one database after the other. */
  seededRuns: number[]
  eventBursts: number
  workerRuns: number
  flowRuns: number
  /** Each number of connections has a server of its own. */
  runConnections: number[]
  /** How workers ask for runs: in every way, or as by default and what push is compared with. */
  workerWays: 'all' | 'usual'
}

export const FULL_SCALE: Scale = {
  loadSeconds: 10,
  warmUpSeconds: 3,
  settleSeconds: 5,
  restSeconds: 60,
  runsForMemory: 10_000,
  starts: 3,
  cliCalls: 10,
  dispatchedRuns: 50,
  largestPauseSeconds: 2,
  readConnections: [1, 8],
  bursts: 2,
  containers: 20,
  watchedContainers: 200,
  seededRuns: [100_000, 1_000_000],
  eventBursts: 5,
  workerRuns: 100,
  flowRuns: 20,
  runConnections: [1, 8, 32],
  workerWays: 'all',
}

export const QUICK_SCALE: Scale = {
  loadSeconds: 1.5,
  warmUpSeconds: 0.7,
  settleSeconds: 2,
  restSeconds: 5,
  runsForMemory: 500,
  starts: 1,
  cliCalls: 3,
  dispatchedRuns: 8,
  largestPauseSeconds: 1,
  readConnections: [1],
  bursts: 1,
  containers: 5,
  watchedContainers: 20,
  seededRuns: [100_000],
  eventBursts: 1,
  workerRuns: 20,
  flowRuns: 3,
  runConnections: [8],
  workerWays: 'usual',
}

/** A group cannot be measured on this machine, which says nothing against the product. */
export class MissingOnMachine extends Error {}

/** Some lines of the table that are measured together, on each of the databases. */
export type Group = {
  name: string
  title: string
  databases: Database[]
  /** Which of them a quick run takes; all, unless it says so. None: only when it is named. */
  quickDatabases?: Database[]
  /** Measures one product once, on a stage of its own. */
  measure(stage: Stage, scale: Scale, tell: (text: string) => void): Promise<Result[]>
}
