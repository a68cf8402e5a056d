import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Worker } from 'node:worker_threads'
import { KeptLog, KeptOutput, makeHome, sourcesOf } from '@aedile/worker/testing/class-stage'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Process, type ProcessAttributes } from './class.ts'

const { home, remove } = makeHome()
const PATH = process.env.PATH!

beforeAll(() => {
  // `kill` finds what this user's scripts started below the home directory.
  vi.stubEnv('AEDILE_HOME', home)
})
afterAll(() => {
  vi.unstubAllEnvs()
  remove()
})

async function run(attributes: ProcessAttributes, environment: Record<string, string> = {}) {
  const log = new KeptLog()
  const output = new KeptOutput()
  const started: unknown[] = []
  const result = await new Process(attributes).run({
    logger: log,
    output,
    sources: sourcesOf({ PATH, ...environment }, home),
    onStarted: (...given) => started.push(given),
  })
  return { result, started, log: log.lines, out: output.out, error: output.error }
}

describe('Process.run', () => {
  it('runs a command as a list of words, without a shell (rows 291, 294)', async () => {
    const { out, result } = await run({ command: ['printf', '%s|', 'a b', '', "it's", '$HOME', 'two\nlines', '*'] })
    expect(out).toBe("a b||it's|$HOME|two\nlines|*|")
    expect(result.ok).toBe(true)
  })

  it.each([0, 1, 2])(
    'resolves with the pid as text and the exit code %i; only 0 is ok (rows 166, 167, 307, 310)',
    async (code) => {
      const { result, started } = await run({ command: ['sh', '-c', `exit ${code}`] })
      expect(result).toMatchObject({ statusCode: code, ok: code === 0 })
      expect(started).toEqual([[Number(result.identifier), { infrastructurePid: `${hostname()}:${result.identifier}` }]])
    },
  )

  it('tells a signal as its negative number (row 307)', async () => {
    expect((await run({ command: ['sh', '-c', 'kill -9 $$'] })).result.statusCode).toBe(-9)
  })

  it('gives this environment, the settings that were set over it, and env over both (rows 170, 171, 292, 293, 295, 309)', async () => {
    const environment = { OWN: 'own', CHANGED: 'own', GONE: 'own', AEDILE_API_KEY: 'key' }
    const { out } = await run({ command: ['env'], env: { CHANGED: 'mine', GONE: null } }, environment)
    const lines = out.split('\n')
    expect(lines).toEqual(expect.arrayContaining(['OWN=own', 'CHANGED=mine', 'PREFECT_API_KEY=key']))
    expect(out).not.toMatch(/^GONE=|^PREFECT_API_URL=|X-Aedile-Attempt/m)
  })

  it('takes labels and a name, which change nothing in the process (rows 296, 297)', async () => {
    const { out } = await run({ command: ['env'], labels: { 'a.b/c': 'labelled' }, name: 'named' })
    expect(out).not.toMatch(/labelled|named/)
  })

  it('keeps the two streams apart (rows 188, 299)', async () => {
    const { out, error } = await run({ command: ['sh', '-c', 'echo out; echo err >&2'] })
    expect([out, error]).toEqual(['out\n', 'err\n'])
  })

  it('is silent when it shall not stream, and still waits (row 299)', async () => {
    const { out, error, result } = await run({ command: ['sh', '-c', 'echo out; echo err >&2; exit 3'], streamOutput: false })
    expect([out, error, result.statusCode]).toEqual(['', '', 3])
  })

  it('refuses an empty command in the genuine words, before anything is made (row 300)', async () => {
    await expect(run({ command: [] })).rejects.toThrow('Process cannot be run with empty command.')
  })

  it('works off the main thread (row 301)', async () => {
    const program = `import { Process } from ${JSON.stringify(new URL('./class.ts', import.meta.url).href)}
      const { identifier, ok } = await new Process({ command: ['true'] }).run({ logger: console })
      console.log(JSON.stringify({ ok, isPid: /^[0-9]+$/.test(identifier) }))`
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), {
      execArgv: ['--conditions=aedile-source', '--disable-warning=ExperimentalWarning'],
      env: { PATH, AEDILE_HOME: home },
      stdout: true,
    })
    const [out] = await Promise.all([text(worker.stdout), new Promise((resolve) => worker.once('exit', resolve))])
    expect(out).toContain('{"ok":true,"isPid":true}')
  })

  it('tells what it does, by name or by pid (rows 297, 302, 305, 306)', async () => {
    const named = await run({ command: ['false'], name: 'nightly' })
    expect(named.log.filter((line) => !line.startsWith('debug'))).toEqual([
      "info Opening process 'nightly'...",
      "error Process 'nightly' exited with status code: 1",
    ])
    const unnamed = await run({ command: ['true'] })
    expect(unnamed.log.filter((line) => !line.startsWith('debug'))).toEqual([
      'info Opening process...',
      `info Process ${unnamed.result.identifier} exited cleanly.`,
    ])
  })

  it('starts in a temporary directory that ends in prefect and is gone afterwards (row 303)', async () => {
    const { out } = await run({ command: ['sh', '-c', 'pwd; ls -A | wc -l'] })
    const [directory, files] = out.trim().split(/\s+/)
    expect(directory).toMatch(/prefect$/)
    expect(files).toBe('0')
    expect(existsSync(directory!)).toBe(false)
  })

  it('tells the pid before the process ends (rows 164, 165, 304)', async () => {
    const mark = join(home, 'go')
    const infrastructure = new Process({ command: ['sh', '-c', `until [ -e ${mark} ]; do sleep 0.01; done`] })
    const { promise: started, resolve } = Promise.withResolvers<number>()
    const running = infrastructure.run({ logger: new KeptLog(), sources: sourcesOf({ PATH }, home), onStarted: resolve })
    const pid = await started
    expect(process.kill(pid, 0)).toBe(true)
    await new Process({ command: ['touch', mark] }).run({ logger: new KeptLog(), sources: sourcesOf({ PATH }, home) })
    expect((await running).identifier).toBe(String(pid))
  })

  it('leaves nothing behind below the home directory', async () => {
    await run({ command: ['true'] })
    expect(readdirSync(join(home, 'process', 'attempts'))).toEqual([])
  })
})

describe('ending a Process', () => {
  it('an aborted signal stops it and what it started; run rejects with the reason', async () => {
    const stop = new AbortController()
    const { promise: started, resolve } = Promise.withResolvers<number>()
    const running = new Process({ command: ['sh', '-c', 'sleep 1000 & wait'] }).run({
      logger: new KeptLog(),
      sources: sourcesOf({ PATH }, home),
      signal: stop.signal,
      onStarted: resolve,
    })
    const pid = await started
    stop.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(readdirSync(join(home, 'process', 'attempts'))).toEqual([])
  })

  it('a signal that ends the script ends the command before', async () => {
    const program = `import { Process } from ${JSON.stringify(new URL('./class.ts', import.meta.url).href)}
      await new Process({ command: ['sleep', '1000'] }).run({ onStarted: (pid) => console.log(pid) })`
    const script = startScript(program)
    const ended = once(script, 'exit')
    const [line] = await once(script.stdout, 'data')
    const pid = Number(String(line))
    expect(process.kill(pid, 0)).toBe(true)
    script.kill('SIGTERM')
    expect(await ended).toEqual([null, 'SIGTERM'])
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(readdirSync(join(home, 'process', 'attempts'))).toEqual([])
  })

  it('a script that listens to a signal itself decides itself', async () => {
    const command = ['sh', '-c', `until [ -e ${join(home, 'heard')} ]; do sleep 0.01; done`]
    const program = `import { Process } from ${JSON.stringify(new URL('./class.ts', import.meta.url).href)}
      import { writeFileSync } from 'node:fs'
      process.once('SIGTERM', () => writeFileSync(${JSON.stringify(join(home, 'heard'))}, ''))
      const { ok } = await new Process({ command: ${JSON.stringify(command)} }).run({ onStarted: () => console.log('started') })
      console.log(ok)`
    const script = startScript(program)
    script.stdout.once('data', () => script.kill('SIGTERM'))
    expect(await text(script.stdout)).toBe('started\ntrue\n')
  })

  it('a signal that is aborted already starts nothing', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    const mark = join(home, 'never')
    const running = new Process({ command: ['touch', mark] }).run({
      logger: new KeptLog(),
      sources: sourcesOf({ PATH }, home),
      signal,
    })
    await expect(running).rejects.toThrow('enough')
    expect(existsSync(mark)).toBe(false)
  })

  it.each(['pid', 'host and pid'])('kill ends it by %s, and its result is the signal', async (form) => {
    const infrastructure = new Process({ command: ['sleep', '1000'] })
    const { promise: ids, resolve } = Promise.withResolvers<(string | number)[]>()
    const running = infrastructure.run({
      logger: new KeptLog(),
      sources: sourcesOf({ PATH }, home),
      onStarted: (pid, { infrastructurePid }) => resolve([pid, infrastructurePid]),
    })
    const [pid, infrastructurePid] = await ids
    await infrastructure.kill(form === 'pid' ? pid! : infrastructurePid!, 5)
    expect((await running).statusCode).toBe(-15)
  })

  it('kill asks, waits, and kills what does not end', async () => {
    const infrastructure = new Process({ command: ['sh', '-c', 'trap "" TERM; echo ready; sleep 1000 & wait; wait'] })
    const { promise: ready, resolve } = Promise.withResolvers<void>()
    const output = { stdout: () => resolve(), stderr: () => {} }
    let pid = 0
    const onStarted = (started: number) => {
      pid = started
    }
    const running = infrastructure.run({ logger: new KeptLog(), sources: sourcesOf({ PATH }, home), output, onStarted })
    await ready
    await infrastructure.kill(pid, 0)
    expect((await running).statusCode).toBe(-9)
  })

  it('kill refuses another host, and a process that no script of this user started', async () => {
    const infrastructure = new Process()
    await expect(infrastructure.kill('elsewhere:1')).rejects.toMatchObject({ code: 'infrastructure_not_available' })
    await expect(infrastructure.kill(process.pid)).rejects.toMatchObject({ code: 'infrastructure_not_found' })
  })
})

describe('Process.preview', () => {
  it('has the variables without the environment of this process, then the command, and runs nothing (rows 168, 308, 309)', async () => {
    const mark = join(home, 'previewed')
    const infrastructure = new Process({ command: ['touch', mark], env: { A: 'x y', GONE: null } })
    const sources = sourcesOf({ PATH, PREFECT_API_URL: 'http://x/api', OWN: '1' }, home)
    expect(await infrastructure.preview({ sources })).toBe(`PREFECT_API_URL=http://x/api \\\nA=x y \\\ntouch ${mark}`)
    expect(existsSync(mark)).toBe(false)
  })
})

/** A script of its own, as somebody writes one. */
function startScript(program: string) {
  const args = ['--conditions=aedile-source', '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program]
  return spawn(process.execPath, args, { env: { PATH, AEDILE_HOME: home }, stdio: ['ignore', 'pipe', 'ignore'] })
}
