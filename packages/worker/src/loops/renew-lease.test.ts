import { describe, expect, it } from 'vitest'
import { Roster } from '../attempt/roster.ts'
import { noteOf, storedOf, WorkerStage } from '../testing/worker-stage.ts'
import { renewLease } from './renew-lease.ts'

function attendTwo() {
  const stage = new WorkerStage()
  const { context } = stage
  const roster = new Roster(context, () => {})
  const [one, two] = [roster.attend(noteOf('one')), roster.attend(noteOf('two'))]
  return { stage, context, roster, one, two }
}

describe('the renewal of a lease', () => {
  it('lets go of what is lost, and cancels what shall be cancelled', async () => {
    const { stage, context, roster, one, two } = attendTwo()
    stage.lease = { lost: ['one'], cancelling: [{ flow_run_id: 'run-two', attempt: 'two' }] }
    await renewLease(context, roster, () => false)
    expect([one.isLost, two.isCancelled]).toEqual([true, true])
    await roster.releaseAll()
    expect((await stage.notes.read(roster.owner)).map(({ key }) => key)).not.toContain('one')
  })

  it('takes over what is unattended on its target, and not what it attends already', async () => {
    const { stage, context, roster } = attendTwo()
    stage.lease = { unattended: [storedOf('three'), storedOf('one')] }
    await renewLease(context, roster, () => false)
    expect(stage.said.filter((line) => line.startsWith('take over'))).toEqual(['take over three'])
    expect(roster.has('three')).toBe(true)
    await roster.releaseAll()
  })

  it('takes over nothing while the worker drains', async () => {
    const { stage, context, roster } = attendTwo()
    stage.lease = { unattended: [storedOf('three')] }
    await renewLease(context, roster, () => true)
    expect(roster.has('three')).toBe(false)
    await roster.releaseAll()
  })
})
