import { describe, expect, it } from 'vitest'
import { handleOf, noteOf, storedOf, WorkerStage } from '../testing/worker-stage.ts'
import { Roster } from './roster.ts'

async function resumeOn(stage: WorkerStage): Promise<Roster> {
  const roster = new Roster(stage.context, () => {})
  await roster.resume()
  return roster
}

const stepsOf = (roster: Roster) => roster.attempts.map(({ key, step }) => [key, step])

describe('a worker that comes back', () => {
  it('goes on with what the server has open, at the later of its own step and the server’s', async () => {
    const stage = new WorkerStage()
    stage.open = [storedOf('a', { phase: 'intended' }), storedOf('b', { phase: 'unattended', phase_before: 'started' })]
    await stage.notes.save(noteOf('a', { step: 'started' }))
    const roster = await resumeOn(stage)
    expect(stepsOf(roster)).toEqual([
      ['a', 'started'],
      ['b', 'started'],
    ])
    await roster.releaseAll()
  })

  it('takes the cursor of output from the server, because its own may be older', async () => {
    const stage = new WorkerStage()
    stage.open = [storedOf('a', { log_cursor: '20.0' })]
    await stage.notes.save(noteOf('a', { logCursor: '10.0' }))
    const roster = await resumeOn(stage)
    expect(roster.attempts[0]?.logCursor).toBe('20.0')
    await roster.releaseAll()
  })

  it('forgets what went to somebody else, and leaves its thing alone', async () => {
    const stage = new WorkerStage()
    await stage.notes.save(noteOf('gone'))
    const roster = await resumeOn(stage)
    expect(roster.size).toBe(0)
    expect(await stage.notes.read(roster.owner)).toEqual([])
    expect(stage.said).toEqual([])
  })

  it('asks about a claim whose answer it never had, and lets go when it was refused', async () => {
    const stage = new WorkerStage()
    stage.runs.set('run-a', { state_type: 'SCHEDULED' })
    await stage.notes.save(noteOf('a', { step: 'claiming', handle: null }))
    const roster = await resumeOn(stage)
    await roster.emptied()
    expect(await stage.notes.read(roster.owner)).toEqual([])
    expect(stage.said).toEqual(['announce a'])
  })

  it('removes what was reported and not removed', async () => {
    const stage = new WorkerStage()
    stage.open = [storedOf('a', { phase: 'reported' })]
    const roster = await resumeOn(stage)
    await roster.emptied()
    expect(stage.said).toEqual(['remove thing a', 'remove a'])
    // It was started: whoever else may start it has announced that.
    expect(stage.forgotten).toEqual(['a'])
  })

  it('stops, and does not start, what was intended for a run that went on without it', async () => {
    const stage = new WorkerStage()
    stage.runs.set('run-a', { state_type: 'COMPLETED' })
    stage.open = [storedOf('a', { phase: 'intended' })]
    const roster = await resumeOn(stage)
    await roster.emptied()
    expect(stage.said).toEqual(['announce a', 'stop thing a', 'remove thing a', 'remove a'])
    // Who claimed it may be starting it at this moment.
    expect(stage.forgotten).toEqual([])
  })

  it('leaves no note behind when an attempt is let go while a step is under way', async () => {
    const stage = new WorkerStage()
    const roster = new Roster(stage.context, () => {})
    const attempt = roster.attend(noteOf('a'))
    attempt.lose()
    await attempt.forget()
    await attempt.move('ended', { handle: handleOf('a') })
    expect(await stage.notes.read(roster.owner)).toEqual([])
    await roster.emptied()
  })
})
