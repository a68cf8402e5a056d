import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { ask, readAll } from './api.ts'
import { findDifferences } from './differences.ts'
import type { ServerUnderTest } from './genuine.ts'
import { startOurServer } from './ours.ts'
import { readTold, type Told } from './rows.ts'
import type { Story } from './stories.ts'

const SETTLE_SECONDS = 20

/** How two tellings are compared, beyond the story. */
export type ComparisonOptions = {
  /** The story as it is told to our server, when it is another one: our worker in place of a genuine one. */
  ourStory?: Story
  /** What else must hold, on both. */
  also?: (apiUrl: string) => Promise<void>
}

/** Tells stories to a genuine server and to ours and compares all rows. */
export class Comparison {
  readonly #genuine: ServerUnderTest
  /** The story that the genuine server tells at present, and since when. */
  #present: { story: Story; since: string } | null = null

  constructor(genuine: ServerUnderTest) {
    this.#genuine = genuine
  }

  /** Tells a story to the genuine server and to a new server of ours, and expects the same rows of both. */
  async expectSameRows(story: Story, { ourStory = story, also }: ComparisonOptions = {}): Promise<void> {
    const ours = await startOurServer()
    try {
      const begin = new Date().toISOString()
      // Both to their ends, also when one fails: a story that is left half-way leaves its worker behind.
      const told = await Promise.allSettled([this.#tellGenuine(story), ourStory(ours.apiUrl)])
      for (const one of told) if (one.status === 'rejected') throw one.reason
      const since = this.#present!.since
      const options = { ourWorker: story !== ourStory }
      const [expected, found] = await readAlike(
        { apiUrl: this.#genuine.apiUrl, since },
        { apiUrl: ours.apiUrl, since: begin },
        options,
      )
      expect(expected.flowRuns.length).toBeGreaterThan(0)
      expect(findDifferences(expected, found)).toEqual([])
      await also?.(this.#genuine.apiUrl)
      await also?.(ours.apiUrl)
    } finally {
      await ours.stop()
    }
  }

  /** Tells a story to the genuine server, once for those who compare with it in a row; what was told before is deleted. */
  async #tellGenuine(story: Story): Promise<void> {
    if (this.#present?.story === story) return
    const { apiUrl } = this.#genuine
    for (const flow of await readAll(apiUrl, '/flows/filter', {})) await ask(apiUrl, 'DELETE', `/flows/${flow.id}`)
    for (const pool of await readAll(apiUrl, '/work_pools/filter', {})) await ask(apiUrl, 'DELETE', `/work_pools/${pool.name}`)
    const since = new Date().toISOString()
    await story(apiUrl)
    this.#present = { story, since }
  }
}

type Source = { apiUrl: string; since: string }

/** Reads both until they say the same: clients and servers write events, task runs and logs a little later. */
async function readAlike(genuine: Source, ours: Source, options: { ourWorker: boolean }): Promise<[Told, Told]> {
  const deadline = performance.now() + SETTLE_SECONDS * 1000
  for (;;) {
    const read = (source: Source) => readTold(source.apiUrl, source.since, options)
    const [expected, found] = await Promise.all([read(genuine), read(ours)])
    if (findDifferences(expected, found).length === 0 || performance.now() > deadline) return [expected, found]
    await sleep(300)
  }
}
