import { existsSync, readdirSync, statSync } from 'node:fs'
import { mkdir, rmdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Handle } from '@aedile/core/infrastructure-definition'
import { Recorder, Stage, untilWritten, waitFor } from '@aedile/worker/testing/stage'
import { describe, expect, it } from 'vitest'
import { processDriver } from './driver.ts'
import type { ProcessRequest } from './request.ts'
import { isAlive, processSubject } from './testing/subject.ts'

const stage = new Stage(processSubject)
/** A line of /proc/<pid>/stat of a process that nobody has. */
const DEAD_PROCESS = `4194999 (sh) S 1 4194999 4194999 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 0`

const stateDirectory = () => stage.place.target.stateDirectory as string
const directoryOf = (handle: Handle) => join(stateDirectory(), 'attempts', handle.name)

describe('the supervisor of a process', () => {
  it('records the signal that ended the command, also one to the whole group', async () => {
    const recorder = new Recorder()
    const handle = await stage.start(stage.attempt('echo ready; sleep 300'))
    const observed = stage.observe(handle, recorder)
    await recorder.until('ready')
    process.kill(-(handle.native.supervisorPid as number), 'SIGHUP')
    expect(await observed).toMatchObject({ kind: 'failed', signal: 'SIGHUP' })
  })

  it('may be killed: the command is followed to its end, but how it ended is lost', async () => {
    const [gate, recorder] = [stage.file('gate'), new Recorder()]
    const handle = await stage.start(stage.attempt(`echo ready; ${waitFor(gate)}; echo more`))
    const observed = stage.observe(handle, recorder)
    await recorder.until('ready')
    process.kill(handle.native.supervisorPid as number, 'SIGKILL')
    await writeFile(gate, '')
    const outcome = await observed
    expect(outcome).toMatchObject({ kind: 'failed', exitCode: null, signal: null })
    expect(outcome.reason).toMatch(/how is unknown/)
    expect(recorder.text('stdout')).toBe('ready\nmore\n')
  })

  it('may be killed: what it left is stopped all the same', async () => {
    const pids = stage.file('pids')
    const handle = await stage.start(stage.attempt(`echo $$ > ${pids}; sleep 300`))
    const pid = Number(await untilWritten(pids))
    process.kill(handle.native.supervisorPid as number, 'SIGKILL')
    await stage.connection.stop(handle, 5)
    expect(isAlive(pid)).toBe(false)
    expect(await stage.observe(handle, new Recorder())).toMatchObject({ kind: 'stopped' })
  })

  it('writes the status later when it cannot at first, e.g. on a full disk', async () => {
    const gate = stage.file('gate')
    const handle = await stage.start(stage.attempt(`${waitFor(gate)}; exit 3`))
    const inTheWay = join(directoryOf(handle), 'exit')
    await mkdir(inTheWay)
    await writeFile(gate, '')
    // The shell's complaint.
    await untilWritten(join(directoryOf(handle), 'messages'))
    await rmdir(inTheWay)
    expect(await stage.observe(handle, new Recorder())).toMatchObject({ kind: 'failed', exitCode: 3, signal: null })
  })

  it.each([
    ['before it could write its name', ''],
    ['before it started the command', `${DEAD_PROCESS}\n`],
  ])('may be killed %s: the command never ran and never will', async (_, claim) => {
    const runs = stage.file('runs')
    const attempt = stage.attempt(`echo run >> ${runs}`)
    await mkdir(directoryOf(attempt.handle))
    await writeFile(join(directoryOf(attempt.handle), 'handle.json'), JSON.stringify(attempt.handle))
    await writeFile(join(stateDirectory(), 'claims', attempt.handle.name), claim)
    const outcome = await stage.observe(attempt.handle, new Recorder())
    expect(outcome).toMatchObject({ kind: 'failed', exitCode: null })
    expect(outcome.reason).toMatch(/before it ran/)
    await expect(stage.connection.stop(attempt.handle, 0)).rejects.toMatchObject({ code: 'infrastructure_not_found' })
    expect(existsSync(runs)).toBe(false)
  })

  it('changes no variable of the command, whatever its name', async () => {
    const variables = { IFS: ',', OPTIND: '7', 'a.b-c': '1', self: 's', status: 't', dir: 'd', claim: 'c', TERM: 'dumb' }
    const { handle, recorder } = await stage.run('true')
    const attempt = stage.attempt('true', { variables })
    ;(attempt.request as ProcessRequest).argv = ['env', '-0']
    const all = new Recorder()
    await stage.observe(await stage.start(attempt), all)
    expect(all.text('stdout').split('\0')).toEqual(
      expect.arrayContaining(Object.entries(variables).map((pair) => pair.join('='))),
    )
    expect(handle.name).not.toBe(attempt.handle.name)
    expect(recorder.text('stdout')).toBe('')
  })
})

describe('the output of a process', () => {
  it('is given back to the disk once told, and a late observer is told what is gone', async () => {
    const keepOutputBytes = 1024 * 1024
    const connection = await processDriver.connect({ stateDirectory: stateDirectory(), keepOutputBytes }, {})
    const [gate, size] = [stage.file('gate'), 24 * 1024 * 1024]
    const handle = await stage.start(stage.attempt(`yes 0123456789abcde | head -c ${size}; ${waitFor(gate)}; echo end`))
    const [recorder, signal] = [new Recorder(), AbortSignal.timeout(60_000)]
    const observed = connection.observe(handle, { sink: recorder, signal })
    await writeFile(gate, '')
    await observed
    expect(recorder.bytes('stdout').length).toBe(size + 4)

    const onDisk = statSync(join(directoryOf(handle), 'stdout')).blocks * 512
    expect(onDisk).toBeLessThan(3 * keepOutputBytes)
    const statuses: string[] = []
    const late = new Recorder()
    const sink = Object.assign(late, { status: (phase: string) => void statuses.push(phase) })
    await connection.observe(handle, { sink, signal })
    expect(statuses).toEqual(['output-lost'])
    expect(late.text('stdout')).toMatch(/^[0-9a-e\n]+end\n$/)
    await connection.close()
  })

  it('is thrown away when the job does not stream it', async () => {
    const attempt = stage.attempt('echo out; echo err >&2; exit 1')
    ;(attempt.request as ProcessRequest).streamOutput = false
    const recorder = new Recorder()
    const outcome = await stage.observe(await stage.start(attempt), recorder)
    expect([recorder.text('stdout'), recorder.text('stderr'), outcome.lastLines]).toEqual(['', '', []])
  })
})

describe('a working directory', () => {
  it('of its own is empty, and goes with the attempt, also what may not be written to', async () => {
    const { handle, recorder } = await stage.run('ls -A; mkdir -p a/b; echo x > a/b/c; chmod 500 a/b; chmod 500 a; pwd')
    expect(recorder.text('stdout')).toBe(`${join(directoryOf(handle), 'work')}\n`)
    await stage.connection.remove(handle)
    expect(readdirSync(join(stateDirectory(), 'attempts')).filter((name) => name.includes('.gone'))).toEqual([])
  })

  it('that was given is used and kept', async () => {
    const attempt = stage.attempt('pwd; echo result > result')
    ;(attempt.request as ProcessRequest).workingDirectory = stage.place.scratch
    const recorder = new Recorder()
    const handle = await stage.start(attempt)
    await stage.observe(handle, recorder)
    await stage.connection.remove(handle)
    expect(recorder.text('stdout')).toBe(`${stage.place.scratch}\n`)
    expect(existsSync(join(stage.place.scratch, 'result'))).toBe(true)
  })

  it('that does not exist is named, and nothing starts', async () => {
    const attempt = stage.attempt('true')
    ;(attempt.request as ProcessRequest).workingDirectory = '/no/such/directory'
    await expect(stage.start(attempt)).rejects.toThrow('Flow run could not start: the working directory /no/such/directory')
    expect(existsSync(directoryOf(attempt.handle))).toBe(false)
  })
})

describe('a process attempt', () => {
  it('that cannot be spawned says why', async () => {
    const attempt = stage.attempt('true', { variables: { HUGE: 'x'.repeat(4 * 1024 * 1024) } })
    await expect(stage.start(attempt)).rejects.toThrow(/^Flow run could not start: spawn E2BIG/)
  })

  it('takes with it, when removed, what its command left running', async () => {
    const pids = stage.file('pids')
    const { handle } = await stage.run(`sleep 300 >/dev/null 2>&1 & echo $! > ${pids}`)
    const pid = Number(await untilWritten(pids))
    expect(isAlive(pid)).toBe(true)
    await stage.connection.remove(handle)
    expect(isAlive(pid)).toBe(false)
  })

  it('is not removed while it runs', async () => {
    const gate = stage.file('gate')
    const handle = await stage.start(stage.attempt(waitFor(gate)))
    await expect(stage.connection.remove(handle)).rejects.toThrow(/still runs/)
    await writeFile(gate, '')
    await stage.observe(handle, new Recorder())
  })

  it('of an earlier boot is gone for certain, but what was recorded then is still told', async () => {
    const { handle } = await stage.run('echo out; exit 3')
    const before = inPart(handle, 2, 'another-boot')
    const recorder = new Recorder()
    expect(await stage.observe(before, recorder)).toMatchObject({ kind: 'failed', exitCode: 3 })
    expect(recorder.text('stdout')).toBe('out\n')
    const never = inPart(stage.attempt('true').handle, 2, 'another-boot')
    expect(await stage.observe(never, recorder)).toMatchObject({ kind: 'not-found', reason: expect.stringMatching(/host/) })
    await expect(stage.connection.stop(never, 0)).rejects.toMatchObject({ code: 'infrastructure_not_found' })
    await expect(stage.start({ handle: before, request: {} })).rejects.toMatchObject({ code: 'infrastructure_not_available' })
  })

  it('of another process namespace or host is not ours to judge', async () => {
    const { handle } = await stage.run('true')
    for (const other of [inPart(handle, 3, '1'), inPart(handle, 1, 'another-host')]) {
      expect(await stage.observe(other, new Recorder())).toMatchObject({ kind: 'not-mine' })
    }
  })
})

describe('the state directory', () => {
  it('lets claims go a week after their attempts, and no sooner', async () => {
    const [gone, fresh] = [await stage.run('true'), await stage.run('true')]
    for (const { handle } of [gone, fresh]) await stage.connection.remove(handle)
    const claimOf = (handle: Handle) => join(stateDirectory(), 'claims', handle.name)
    const longAgo = Date.now() / 1000 - 8 * 86_400
    await utimes(claimOf(gone.handle), longAgo, longAgo)
    await (await processDriver.connect({ stateDirectory: stateDirectory() }, {})).close()
    expect([existsSync(claimOf(gone.handle)), existsSync(claimOf(fresh.handle))]).toEqual([false, true])
  })

  it('may hold what is not ours', async () => {
    await mkdir(join(stateDirectory(), 'attempts', 'lost + found'))
    await writeFile(join(stateDirectory(), 'attempts', 'a-file'), 'x')
    for await (const handle of stage.connection.list('nobody')) expect(handle).toBeUndefined()
  })

  it('must be named', async () => {
    await expect(processDriver.connect({}, {})).rejects.toThrow(/stateDirectory/)
  })
})

/** The handle with another host (1), boot (2) or namespace (3) in its target. */
function inPart(handle: Handle, part: number, value: string): Handle {
  return { ...handle, target: handle.target.split(':').with(part, value).join(':') }
}
