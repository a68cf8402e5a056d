import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findDifferences } from './differences.ts'
import { hasGenuine, type ServerUnderTest, startGenuineServer, title } from './genuine.ts'
import { type Masks, readMasks } from './masks.ts'
import { startOurServer, startOurWorker } from './ours.ts'
import { readTold, type Told } from './rows.ts'
import { called, deployed, deployToPool, readScheduleStates, runDeployed, type Story, served } from './stories.ts'

describe.skipIf(!hasGenuine)(title('The same stories, told by a genuine server and by ours'), () => {
  let genuine: ServerUnderTest
  const tales = new Map<Story, { since: string }>()
  beforeAll(async () => {
    genuine = await startGenuineServer()
  })
  afterAll(() => genuine?.stop())

  /** Tells a story to the genuine server, once for all who compare with it. */
  const tellGenuine = async (story: Story): Promise<string> => {
    const told = tales.get(story)
    if (told) return told.since
    const since = new Date().toISOString()
    await story(genuine.apiUrl)
    tales.set(story, { since })
    return since
  }

  /** Tells a story to a new server of ours and compares the rows with those of the genuine server. */
  const compare = async (
    story: Story,
    ourStory: Story,
    also: (ours: string, genuine: string) => Promise<void> = async () => {},
  ) => {
    const masks = readMasks({ ourWorker: story !== ourStory })
    const ours = await startOurServer()
    try {
      const begin = new Date().toISOString()
      const [since] = await Promise.all([tellGenuine(story), ourStory(ours.apiUrl)])
      await also(ours.apiUrl, genuine.apiUrl)
      const [expected, found] = await readAlike({ apiUrl: genuine.apiUrl, since }, { apiUrl: ours.apiUrl, since: begin }, masks)
      expect(expected.flowRuns.length).toBeGreaterThan(0)
      expect(findDifferences(expected, found)).toEqual([])
    } finally {
      await ours.stop()
    }
  }

  test('flows that a script calls leave the same rows', () => compare(called, called))

  test('a served flow leaves the same rows, and its schedule is paused when serving ends', () =>
    compare(served, served, async (ours, theirs) => {
      expect(await readScheduleStates(ours, 'story/served')).toEqual([false])
      expect(await readScheduleStates(theirs, 'story/served')).toEqual([false])
    }))

  test('deployed flows that a genuine worker runs leave the same rows', () => compare(deployed, deployed))

  test('deployed flows that our worker runs leave the rows that a genuine worker leaves', () =>
    compare(deployed, async (apiUrl) => {
      await deployToPool(apiUrl)
      await runDeployed(apiUrl, () => startOurWorker(apiUrl, 'conformance'))
    }))
})

type Source = { apiUrl: string; since: string }

/** Reads both until they say the same: clients and servers write events, task runs and logs a little later. At most 20 s. */
async function readAlike(genuine: Source, ours: Source, masks: Masks): Promise<[Told, Told]> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const read = (source: Source) => readTold(source.apiUrl, source.since, masks)
    const [expected, found] = await Promise.all([read(genuine), read(ours)])
    if (findDifferences(expected, found).length === 0 || Date.now() > deadline) return [expected, found]
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
