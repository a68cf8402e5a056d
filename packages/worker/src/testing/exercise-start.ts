import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Subject } from './exercise-infrastructure.ts'
import { Recorder, Stage, waitFor } from './stage.ts'

/** How often two processes start one attempt at once. */
const RACES = 5
/** How often a starter is killed at an instant that chance chooses. */
const KILLS = 20
/** Within how many milliseconds, when the subject names none: a start takes a good part of it. */
const KILL_WITHIN = 25

/** Starting: once per attempt, whatever is lost, repeated or killed. */
export function exerciseStart(subject: Subject): void {
  describe('start', () => {
    const stage = new Stage(subject)

    it('answers with native ids while the thing runs', async () => {
      const gate = stage.file('gate')
      const attempt = stage.attempt(waitFor(gate))
      const recorder = new Recorder()
      const handle = await stage.start(attempt, recorder)
      expect({ ...handle, native: {} }).toEqual({ ...attempt.handle, native: {} })
      expect(Object.keys(handle.native).length).toBeGreaterThan(0)
      expect(recorder.handles.at(-1)).toEqual(handle)
      expect(subject.definition.infrastructurePid(handle)).toMatch(/./)
      await writeFile(gate, '')
      expect(await stage.observe(handle, recorder)).toMatchObject({ kind: 'completed', exitCode: 0 })
    })

    it('sends exactly the request', async () => {
      const gate = stage.file('gate')
      const attempt = stage.attempt(`echo ready; ${waitFor(gate)}`, {
        variables: { PLAIN: 'a b', QUOTED: `"'$HOME\n`, 'dotted.name': '1', EMPTY: '' },
      })
      const recorder = new Recorder()
      const handle = await stage.start(attempt)
      const observed = stage.observe(handle, recorder)
      await recorder.until('ready')
      const { seen, requested } = await stage.place.inspect(handle, attempt.request)
      expect(seen).toEqual(requested)
      await writeFile(gate, '')
      await observed
    })

    it('gives the command the environment of the request, untouched', async () => {
      const value = `spaces  and "quotes" and 'more' and $HOME and \\ and ü`
      const attempt = stage.attempt('printf "%s|%s" "$VALUE" "$AEDILE_ATTEMPT"', { variables: { VALUE: value } })
      const recorder = new Recorder()
      await stage.observe(await stage.start(attempt, recorder), recorder)
      expect(recorder.text('stdout')).toBe(`${value}|${attempt.handle.attempt}`)
    })

    it(`makes one thing when two processes start one attempt at once (${RACES} times), and once more when the answer was lost`, async () => {
      for (let race = 0; race < RACES; race += 1) {
        const [runs, go, gate] = [stage.file('runs'), stage.file('go'), stage.file('gate')]
        const attempt = stage.attempt(`echo run >> ${runs}; ${waitFor(gate)}`)
        const others = [stage.other(attempt, { start: true, gate: go }), stage.other(attempt, { start: true, gate: go })]
        await Promise.all(others.map((other) => other.next('ready')))
        await writeFile(go, '')
        const [first, second] = await Promise.all(others.map((other) => other.next('started')))
        const third = await stage.start(attempt)
        expect(first?.handle).toEqual(third)
        expect(second?.handle).toEqual(third)
        await writeFile(gate, '')
        expect(await stage.observe(third, new Recorder())).toMatchObject({ kind: 'completed' })
        expect(await readFile(runs, 'utf8')).toBe('run\n')
        await Promise.all(others.map((other) => other.kill()))
      }
    })

    it('makes one thing when twenty calls start one attempt at once', async () => {
      const [runs, gate] = [stage.file('runs'), stage.file('gate')]
      const attempt = stage.attempt(`echo run >> ${runs}; ${waitFor(gate)}`)
      const handles = await Promise.all(Array.from({ length: 20 }, () => stage.start(attempt)))
      for (const handle of handles) expect(handle).toEqual(handles[0])
      await writeFile(gate, '')
      expect(await stage.observe(attempt.handle, new Recorder())).toMatchObject({ kind: 'completed' })
      expect(await readFile(runs, 'utf8')).toBe('run\n')
    })

    it('still makes one thing when it is asked for after the end', async () => {
      const runs = stage.file('runs')
      const { attempt, handle } = await stage.run(`echo run >> ${runs}; exit 5`)
      expect((await stage.start(attempt)).name).toBe(handle.name)
      expect(await stage.observe(handle, new Recorder())).toMatchObject({ kind: 'failed', exitCode: 5 })
      expect(await readFile(runs, 'utf8')).toBe('run\n')
    })

    it(`runs the command once when the starter is killed at any instant (${KILLS} times) and another starts again`, async () => {
      for (let round = 0; round < KILLS; round += 1) {
        const runs = stage.file('runs')
        const attempt = stage.attempt(`echo run >> ${runs}; echo done`)
        const other = stage.other(attempt, { start: true })
        await other.next('ready')
        await delay(Math.random() * (subject.startMilliseconds ?? KILL_WITHIN))
        await other.kill()
        const recorder = new Recorder()
        const outcome = await stage.observe(await stage.start(attempt, recorder), recorder)
        expect(outcome).toMatchObject({ kind: 'completed', exitCode: 0 })
        expect(recorder.text('stdout')).toBe('done\n')
        expect(await readFile(runs, 'utf8')).toBe('run\n')
      }
    })

    it('never starts an attempt that was stopped before', async () => {
      const runs = stage.file('runs')
      const attempt = stage.attempt(`echo run >> ${runs}`)
      await expect(stage.connection.stop(attempt.handle, 1)).rejects.toMatchObject({ code: 'infrastructure_not_found' })
      await expect(stage.start(attempt)).rejects.toThrow(/stopped/)
      expect(existsSync(runs)).toBe(false)
    })

    const numbered = subject.names === 'numbered'
    it(`${numbered ? 'takes the next name where' : 'refuses a name that'} something else has it, and leaves that alone`, async () => {
      const runs = stage.file('runs')
      const attempt = stage.attempt(`echo run >> ${runs}`)
      const foreign = await stage.place.makeForeign(attempt.handle.name)
      if (numbered) {
        const handle = await stage.start(attempt)
        expect({ ...handle, native: {} }).toEqual({ ...attempt.handle, native: {} })
        expect(await stage.observe(handle, new Recorder())).toMatchObject({ kind: 'completed' })
      } else {
        await expect(stage.start(attempt)).rejects.toMatchObject({ code: 'infrastructure_failed' })
      }
      expect(await foreign.isThere()).toBe(true)
      expect(existsSync(runs)).toBe(numbered)
    })

    it('refuses a handle of another target', async () => {
      const attempt = stage.attempt('true')
      const elsewhere = { ...attempt, handle: { ...attempt.handle, target: 'somewhere:else' } }
      await expect(stage.start(elsewhere)).rejects.toMatchObject({ code: 'infrastructure_not_available' })
    })
  })
}
