import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { LogCursor } from '../infrastructure-driver.ts'
import type { Subject } from './exercise-infrastructure.ts'
import type { SecondProcessNews } from './second-process.ts'
import { Recorder, Stage, waitFor } from './stage.ts'

/** Output: whole, in order, binary-safe, and taken up again where somebody else left it. */
export function exerciseOutput(subject: Subject): void {
  describe('output', () => {
    const stage = new Stage(subject)

    it('is told whole, the last line without an end included, each stream by itself', async () => {
      const { recorder } = await stage.run('echo one; echo bad >&2; printf two; printf worse >&2')
      expect(recorder.text('stdout')).toBe('one\ntwo')
      expect(recorder.text('stderr')).toBe('bad\nworse')
    })

    it('is told while the thing runs', async () => {
      const gate = stage.file('gate')
      const attempt = stage.attempt(`echo before; ${waitFor(gate)}; echo after`)
      const recorder = new Recorder()
      const observed = stage.observe(await stage.start(attempt), recorder)
      await recorder.until('before\n')
      await writeFile(gate, '')
      await observed
      expect(recorder.text('stdout')).toBe('before\nafter\n')
    })

    it(subject.bytes === 'text' ? 'keeps every character, and marks bytes that are none' : 'keeps every byte value', async () => {
      const { recorder } = await stage.run(`i=0; while [ $i -lt 256 ]; do printf "\\\\$(printf %03o $i)"; i=$((i + 1)); done`)
      const bytes = Buffer.from([...Array(256).keys()])
      expect([...recorder.bytes('stdout')]).toEqual([...(subject.bytes === 'text' ? Buffer.from(bytes.toString('utf8')) : bytes)])
    })

    it(`is whole when it is ${subject.largeBytes} bytes large`, async () => {
      const { recorder, outcome } = await stage.run(`yes '0123456789abcde' | head -c ${subject.largeBytes}; exit 4`)
      const expected = Buffer.alloc(subject.largeBytes, '0123456789abcde\n')
      expect(recorder.bytes('stdout').length).toBe(expected.length)
      expect(hashOf(recorder.bytes('stdout'))).toBe(hashOf(expected))
      expect(outcome.exitCode).toBe(4)
    })

    it('is told to several observers alike, and again after the end', async () => {
      const gate = stage.file('gate')
      const attempt = stage.attempt(`echo one; ${waitFor(gate)}; echo two; exit 6`)
      const recorders = [new Recorder(), new Recorder(), new Recorder()]
      const handle = await stage.start(attempt)
      const observed = recorders.slice(0, 2).map((recorder) => stage.observe(handle, recorder))
      await writeFile(gate, '')
      const outcomes = [...(await Promise.all(observed)), await stage.observe(handle, recorders[2]!)]
      expect(recorders.map((recorder) => recorder.text('stdout'))).toEqual(Array(3).fill('one\ntwo\n'))
      expect(outcomes.map((outcome) => outcome.exitCode)).toEqual([6, 6, 6])
    })

    it('goes on from any cursor without losing or repeating a byte', async () => {
      const { handle, recorder } = await stage.run('for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; sleep 0.03; done')
      for (const cursor of recorder.cursors) {
        const [before, after] = [recorder.upTo(cursor), new Recorder()]
        await stage.observe(handle, after, cursor)
        expect(before.stdout + after.text('stdout')).toBe(recorder.text('stdout'))
        expect(before.stderr + after.text('stderr')).toBe(recorder.text('stderr'))
      }
    })

    it('misses and doubles nothing when observers are killed, one after the other, while the thing writes', async () => {
      const [enough, count] = [stage.file('enough'), stage.file('count')]
      const lines = 'echo "line $i"; [ $((i % 7)) -gt 0 ] || echo "error $i" >&2; [ $((i % 50)) -gt 0 ] || sleep 0.005'
      const write = `i=0; while [ ! -e ${enough} ]; do i=$((i + 1)); ${lines}; done`
      const attempt = stage.attempt(`${write}; echo $i > ${count}; printf end; exit 9`)
      const told: SecondProcessNews[] = []
      for (let observer = 0; observer < 4; observer += 1) {
        const other = stage.other(attempt, { start: observer === 0, observe: lastCursor(told) })
        for (let chunk = 0; chunk <= observer; chunk += 1) await other.next('output')
        told.push(...(await other.kill()))
      }
      await writeFile(enough, '')
      const last = new Recorder()
      const outcome = await stage.observe(attempt.handle, last, lastCursor(told).after)
      expect(outcome).toMatchObject({ kind: 'failed', exitCode: 9 })
      const numbers = Array.from({ length: Number(await readFile(count, 'utf8')) }, (_, index) => index + 1)
      expect(textOf(told, 'stdout') + last.text('stdout')).toBe(`${numbers.map((n) => `line ${n}\n`).join('')}end`)
      const errors = numbers.filter((n) => n % 7 === 0).map((n) => `error ${n}\n`)
      expect(textOf(told, 'stderr') + last.text('stderr')).toBe(errors.join(''))
    })

    it('is not needed by the thing: an aborted observation ends, the thing goes on', async () => {
      const [gate, proof] = [stage.file('gate'), stage.file('proof')]
      const handle = await stage.start(stage.attempt(`${waitFor(gate)}; echo on; echo on > ${proof}`))
      const abort = new AbortController()
      const observed = stage.connection.observe(handle, { sink: new Recorder(), signal: abort.signal })
      abort.abort(new Error('enough'))
      await expect(observed).rejects.toThrow('enough')
      await writeFile(gate, '')
      const recorder = new Recorder()
      expect(await stage.observe(handle, recorder)).toMatchObject({ kind: 'completed' })
      expect(recorder.text('stdout')).toBe('on\n')
      expect(await readFile(proof, 'utf8')).toBe('on\n')
    })
  })
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function lastCursor(told: SecondProcessNews[]): { after?: LogCursor } {
  const last = told.findLast((news) => news.news === 'output')
  return last?.news === 'output' ? { after: last.cursor } : {}
}

function textOf(told: SecondProcessNews[], stream: string): string {
  const chunks = told.flatMap((news) =>
    news.news === 'output' && news.stream === stream ? Buffer.from(news.bytes, 'base64') : [],
  )
  return Buffer.concat(chunks).toString('utf8')
}
