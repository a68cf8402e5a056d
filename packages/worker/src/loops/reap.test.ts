import { describe, expect, it } from 'vitest'
import { handleOf, WorkerStage } from '../testing/worker-stage.ts'
import { reap } from './reap.ts'

const ENDED = '2026-01-01T00:00:00Z'
const minutesLater = (minutes: number) => () => Date.parse(ENDED) + minutes * 60_000

describe('the reaper', () => {
  it('removes what runs left that are over for minutes, or were deleted', async () => {
    const stage = new WorkerStage()
    stage.runs.set('run-over', { state_type: 'CRASHED', ended: ENDED })
    stage.things = [handleOf('over'), handleOf('deleted')]
    await reap(stage.context, () => false, minutesLater(5))
    expect(stage.said).toEqual([
      'stop thing over',
      'remove thing over',
      'remove over',
      'stop thing deleted',
      'remove thing deleted',
      'remove deleted',
    ])
  })

  it('leaves alone what is attended, what runs, and what its worker is just about to remove', async () => {
    const stage = new WorkerStage()
    stage.runs.set('run-attended', { state_type: 'COMPLETED', ended: ENDED })
    stage.runs.set('run-running', { state_type: 'RUNNING', ended: ENDED })
    stage.things = [handleOf('attended'), handleOf('running')]
    await reap(stage.context, (key) => key === 'attended', minutesLater(5))
    stage.runs.set('run-fresh', { state_type: 'COMPLETED', ended: ENDED })
    stage.things = [handleOf('fresh')]
    await reap(stage.context, () => false, minutesLater(1))
    expect(stage.said).toEqual([])
  })

  it('ends what shall be kept once, and then leaves it alone', async () => {
    const stage = new WorkerStage()
    const kept = new Set<string>()
    stage.things = [{ ...handleOf('keepsake'), keep: true }]
    for (let turn = 0; turn < 3; turn += 1) await reap(stage.context, () => false, minutesLater(5), kept)
    expect(stage.said).toEqual(['stop thing keepsake', 'remove thing keepsake', 'remove keepsake'])
  })

  it('goes on after one that cannot be removed', async () => {
    const stage = new WorkerStage()
    stage.things = [handleOf('stubborn'), handleOf('other')]
    await reap(stage.context, () => false, minutesLater(5))
    expect(stage.said).toEqual(['stop thing stubborn', 'stop thing other', 'remove thing other', 'remove other'])
  })
})
