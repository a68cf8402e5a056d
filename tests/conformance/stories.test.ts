import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readDeployment } from './api.ts'
import { Comparison } from './comparison.ts'
import { hasGenuine, type ServerUnderTest, startGenuineServer, title } from './genuine.ts'
import { called, deployed, deployedToOurs, served } from './stories.ts'

describe.skipIf(!hasGenuine)(title('The same Python stories, told by a genuine server and by ours'), () => {
  let genuine: ServerUnderTest
  let comparison: Comparison
  beforeAll(async () => {
    genuine = await startGenuineServer()
    comparison = new Comparison(genuine)
  })
  afterAll(() => genuine?.stop())

  test('flows that a script calls leave the same rows', () => comparison.expectSameRows(called))

  test('a served flow leaves the same rows, and its deployment is paused when serving ends', () =>
    comparison.expectSameRows(served, {
      also: async (apiUrl) => expect((await readDeployment(apiUrl, 'story/served')).paused).toBe(true),
    }))

  test('deployed flows that a genuine worker runs leave the same rows', () => comparison.expectSameRows(deployed))

  test('deployed flows that our worker runs leave the rows that a genuine worker leaves', () =>
    comparison.expectSameRows(deployed, { ourStory: deployedToOurs }))
})
