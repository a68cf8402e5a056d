import { describe, expect, it } from 'vitest'
import type { Subject } from './exercise-infrastructure.ts'
import { Recorder, Stage } from './stage.ts'

/** Outcomes: how a thing ended, as data. */
export function exerciseOutcome(subject: Subject): void {
  describe('outcome', () => {
    const stage = new Stage(subject)

    it('is completed for exit code 0', async () => {
      const { outcome } = await stage.run('exit 0')
      expect(outcome).toMatchObject({ kind: 'completed', exitCode: 0, signal: null, reason: null })
    })

    it.each([1, 2, 3, 126, 127, 137, 143, 255])('is failed with exit code %i, and says what it means', async (code) => {
      const { outcome } = await stage.run(`exit ${code}`)
      expect(outcome).toMatchObject({ kind: 'failed', exitCode: code, signal: null })
      expect(outcome.reason).toContain(String(code))
      expect(outcome.advice).toMatch(/\.$/)
    })

    const signals: [string, number][] = [
      ['SIGKILL', 9],
      ['SIGTERM', 15],
      ['SIGINT', 2],
      ['SIGHUP', 1],
      ['SIGSEGV', 11],
    ]
    it.each(signals)('tells that the command was killed by %s', async (name, number) => {
      const { outcome } = await stage.run(`kill -${number} $$; sleep 60`)
      const told = subject.signals === 'told'
      expect(outcome).toMatchObject({ kind: 'failed', exitCode: told ? null : 128 + number, signal: told ? name : null })
    })

    it('says that a command which does not exist was not found', async () => {
      const { outcome } = await stage.run('exec /no/such/command')
      expect(outcome).toMatchObject({ kind: 'failed', exitCode: 127 })
      expect(outcome.lastLines.join('\n')).toContain('/no/such/command')
    })

    it('carries the last lines of errors', async () => {
      const { outcome } = await stage.run('echo fine; seq 1 500 >&2; printf "the cause" >&2; exit 1')
      expect(outcome.lastLines.at(-1)).toBe('the cause')
      expect(outcome.lastLines.at(-2)).toBe('500')
    })

    it('carries the last lines of output when there were no errors', async () => {
      const { outcome } = await stage.run('echo one; echo two; exit 1')
      expect(outcome.lastLines).toEqual(['one', 'two'])
    })

    it('is not-found for what was never started', async () => {
      const { handle } = stage.attempt('true')
      expect(await stage.observe(handle, new Recorder())).toMatchObject({ kind: 'not-found', exitCode: null })
    })

    it('is not-mine for what is on another target, never not-found', async () => {
      const { handle } = await stage.run('true')
      const elsewhere = { ...handle, target: 'somewhere:else' }
      expect(await stage.observe(elsewhere, new Recorder())).toMatchObject({ kind: 'not-mine' })
    })
  })
}
