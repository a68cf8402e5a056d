import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, readAll, readDeployment } from './api.ts'
import { findDifferences } from './differences.ts'
import { hasGenuine, type ServerUnderTest, startGenuineServer, title } from './genuine.ts'
import { startOurServer, startOurWorker } from './ours.ts'
import { readTold, type Told } from './rows.ts'
import { called, deployed, deployToPool, runDeployed, type Story, served } from './stories.ts'

describe.skipIf(!hasGenuine)(title('The same stories, told by a genuine server and by ours'), () => {
  let genuine: ServerUnderTest
  /** The story that the genuine server tells at present, and since when. */
  let present: { story: Story; since: string } | null = null
  beforeAll(async () => {
    genuine = await startGenuineServer()
  })
  afterAll(() => genuine?.stop())

  /** Tells a story to the genuine server, once for all who compare with it; what was told before is deleted. */
  const tellGenuine = async (story: Story): Promise<string> => {
    if (present?.story !== story) {
      for (const flow of await readAll(genuine.apiUrl, '/flows/filter', {})) await ask(genuine.apiUrl, 'DELETE', `/flows/${flow.id}`)
      present = { story, since: new Date().toISOString() }
      await story(genuine.apiUrl)
    }
    return present.since
  }

  /** Tells a story to a new server of ours and compares the rows with those of the genuine server. */
  const compare = async (story: Story, ourStory: Story = story, also: (ours: string) => Promise<void> = async () => {}) => {
    const ours = await startOurServer()
    try {
      const begin = new Date().toISOString()
      const [since] = await Promise.all([tellGenuine(story), ourStory(ours.apiUrl)])
      await also(ours.apiUrl)
      const sources = [
        { apiUrl: genuine.apiUrl, since },
        { apiUrl: ours.apiUrl, since: begin },
      ] as const
      const [expected, found] = await readAlike(...sources, { ourWorker: story !== ourStory })
      expect(expected.flowRuns.length).toBeGreaterThan(0)
      expect(findDifferences(expected, found)).toEqual([])
    } finally {
      await ours.stop()
    }
  }

  test('flows that a script calls leave the same rows', () => compare(called))

  test('a served flow leaves the same rows, and its deployment is paused when serving ends', () =>
    compare(served, served, async (ours) => {
      expect((await readDeployment(ours, 'story/served')).paused).toBe(true)
    }))

  test('deployed flows that a genuine worker runs leave the same rows', () => compare(deployed))

  test('deployed flows that our worker runs leave the rows that a genuine worker leaves', () =>
    compare(deployed, async (apiUrl) => {
      await deployToPool(apiUrl)
      await runDeployed(apiUrl, () => startOurWorker(apiUrl, 'conformance'))
    }))
})

type Source = { apiUrl: string; since: string }

/** Reads both until they say the same: clients and servers write events, task runs and logs a little later. At most 20 s. */
async function readAlike(genuine: Source, ours: Source, options: { ourWorker: boolean }): Promise<[Told, Told]> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const read = (source: Source) => readTold(source.apiUrl, source.since, options)
    const [expected, found] = await Promise.all([read(genuine), read(ours)])
    if (findDifferences(expected, found).length === 0 || Date.now() > deadline) return [expected, found]
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
