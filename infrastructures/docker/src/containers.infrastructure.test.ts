import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseTimestamp } from '@aedile/core/time'
import { OtherProcess } from '@aedile/worker/testing/other-process'
import { newAttemptKey, Recorder } from '@aedile/worker/testing/stage'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dockerDriver } from './driver.ts'
import { ATTEMPT_LABEL } from './labels.ts'
import { DockerStage } from './testing/docker-stage.ts'
import { TEST_IMAGE, testEngine } from './testing/engine.ts'
import { withEngine } from './testing/with-engine.ts'

const secondProcess = fileURLToPath(new URL('./testing/second-process.ts', import.meta.url))

withEngine('a container', () => {
  let stage: DockerStage
  beforeAll(async () => {
    stage = await DockerStage.open()
  })
  afterAll(() => stage?.close())

  describe('that cannot start', () => {
    it.each([
      [
        'a command that is not in the image',
        { command: '/no/such' },
        'The command /no/such is not in the image. Correct the command',
      ],
      [
        'a command that is no program file',
        { command: '/etc/passwd' },
        'The command /etc/passwd is in the image, but cannot be executed.',
      ],
      [
        'an image that is not there',
        { image: 'aedile-test/none:1', image_pull_policy: 'Never' },
        'the image aedile-test/none:1 is not on the Docker engine, and its pull policy is Never.',
      ],
      [
        'a registry that is away',
        { image: '127.0.0.1:9/none:1' },
        'Docker pull failed for 127.0.0.1:9/none:1: The registry 127.0.0.1:9 cannot be reached',
      ],
      [
        'a registry that is away and no local image',
        { image: '127.0.0.1:9/none:1', image_pull_policy: 'IfPossible' },
        "Docker operation completely failed for '127.0.0.1:9/none:1'",
      ],
      ['a network that is not there', { command: 'true', networks: ['none-such'] }, 'network none-such not found'],
      [
        'a second network that is not there',
        { command: 'true', networks: ['bridge', 'none-such'] },
        'network none-such not found',
      ],
      ['too little memory', { command: 'true', mem_limit: '1m' }, 'Minimum memory limit allowed is'],
    ])('for %s says so, and leaves nothing behind', async (_, fields, told) => {
      const attempt = stage.attempt(fields)
      const failure = await stage.start(attempt).catch((error: Error) => error)
      expect(failure).toMatchObject({ code: 'infrastructure_failed', message: expect.stringContaining(told) })
      expect(await stage.names()).not.toContain(attempt.handle.name)
    })

    it('with the policy IfPossible runs from the local image when its registry is away', async () => {
      await stage.outside.tagImage(TEST_IMAGE, '127.0.0.1:9/local', '1')
      const statuses: string[] = []
      const recorder = Object.assign(new Recorder(), { status: (phase: string) => void statuses.push(phase) })
      const attempt = stage.attempt({ image: '127.0.0.1:9/local:1', image_pull_policy: 'IfPossible', command: 'true' })
      expect(await stage.observe(await stage.start(attempt, recorder))).toMatchObject({ kind: 'completed' })
      expect(statuses).toContain('image not pulled')
    })
  })

  describe('that fails', () => {
    it('of a program in the wrong format says so', async () => {
      const { outcome } = await stage.run({ command: 'no-program' })
      expect(outcome).toMatchObject({ kind: 'failed', reason: expect.stringContaining('exec format error') })
    })

    it('out of memory tells its limit', async () => {
      const command = "sh -c 'x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done'"
      const { outcome } = await stage.run({ command, mem_limit: '16m', memswap_limit: '16m' })
      expect(outcome).toMatchObject({ kind: 'failed', exitCode: 137, advice: expect.stringContaining('mem_limit') })
      expect(outcome.reason).toMatch(
        /^Flow run infrastructure exited with non-zero status code 137\. .*used more memory than its limit of 16 MiB/,
      )
    })

    it('because a child of its command ran out of memory tells the peak, too', async () => {
      const grow = 'x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done'
      const command = `sh -c '(${grow}); sleep 1; exit 9'`
      const { outcome } = await stage.run({ command, mem_limit: '16m', memswap_limit: '16m' })
      expect(outcome).toMatchObject({ kind: 'failed', exitCode: 9 })
      expect(outcome.reason).toMatch(
        /A process of the container was killed because it used more memory than its limit of 16 MiB \(it was seen to use 1\d(\.\d)? MiB\)\.$/,
      )
    })

    it('because somebody removed it is not-found, with what it had written', async () => {
      const recorder = new Recorder()
      const handle = await stage.start(stage.attempt({ command: "sh -c 'echo one; sleep 300'" }))
      const observed = stage.observe(handle, recorder)
      await recorder.until('one\n')
      await stage.outside.removeContainer(String(handle.native.containerId))
      expect(await observed).toMatchObject({ kind: 'not-found', reason: 'The container was removed before it was seen to end.' })
      expect(await stage.observe(handle)).toMatchObject({ kind: 'not-found', reason: expect.stringContaining('no container') })
    })
  })

  describe('that is stopped', () => {
    it('is killed after the grace time when its first process does not listen', async () => {
      const recorder = new Recorder()
      const handle = await stage.start(stage.attempt({ command: "sh -c 'echo ready; while :; do sleep 1; done'" }))
      const observed = stage.observe(handle, recorder)
      await recorder.until('ready\n')
      await stage.connection.stop(handle, 0.2)
      expect((await stage.api.inspectContainer(String(handle.native.containerId))).State.Running).toBe(false)
      expect(await observed).toMatchObject({ kind: 'stopped', exitCode: 137 })
    })

    it('gets the signal that its image asks for', async () => {
      const command = `sh -c 'trap "echo usr1; exit 0" USR1; echo ready; while :; do sleep 0.05; done'`
      const recorder = new Recorder()
      const handle = await stage.start(stage.attempt({ command, container_create_kwargs: { stop_signal: 'SIGUSR1' } }))
      const observed = stage.observe(handle, recorder)
      await recorder.until('ready\n')
      await stage.connection.stop(handle, 30)
      expect(await observed).toMatchObject({ kind: 'stopped', exitCode: 0 })
      expect(recorder.text('stdout')).toBe('ready\nusr1\n')
    })

    it('though it was only made and not started, never starts', async () => {
      const { handle, request } = stage.attempt({ command: 'true' })
      const { Id } = await stage.api.createContainer({ name: handle.name }, request.create)
      await expect(stage.connection.stop(handle, 1)).rejects.toMatchObject({ code: 'infrastructure_not_found' })
      await expect(stage.api.startContainer(Id)).rejects.toMatchObject({ status: 404 })
      await expect(stage.start({ handle, request })).rejects.toThrow(/stopped/)
      expect(await stage.observe(handle)).toMatchObject({ kind: 'stopped', reason: 'It was stopped before it started.' })
    })
  })

  describe('that its maker never started', () => {
    it('is replaced, and the attempt runs once', async () => {
      const { handle, request } = stage.attempt({ command: 'echo once' })
      const { Id } = await stage.api.createContainer({ name: handle.name }, request.create)
      const recorder = new Recorder()
      const started = await stage.start({ handle, request })
      expect(started.native.containerId).not.toBe(Id)
      expect(await stage.observe(started, recorder)).toMatchObject({ kind: 'completed' })
      expect(recorder.text('stdout')).toBe('once\n')
    })
  })

  describe('of a name', () => {
    it("that other attempts' have takes the next free number; its handle keeps the name (row 207)", async () => {
      const name = `cat-${newAttemptKey()}`
      const attempts = [0, 1, 2].map(() => stage.attempt({ name, command: 'sleep 300' }))
      const handles = await Promise.all(attempts.map((attempt) => stage.start(attempt)))
      const ids = handles.map((handle) => String(handle.native.containerId))
      const names = await Promise.all(ids.map(async (id) => (await stage.api.inspectContainer(id)).Name))
      expect(names.sort()).toEqual([`/${name}`, `/${name}-1`, `/${name}-2`])
      expect((await stage.names()).filter((listed) => listed === name)).toHaveLength(3)
      expect(await stage.start(attempts[2]!)).toEqual(handles[2])
    })

    it('that became free meanwhile is not taken by a second container of the attempt', async () => {
      const name = `dog-${newAttemptKey()}`
      const [first, second] = [0, 1].map(() => stage.attempt({ name, command: 'sleep 300' }))
      const [inTheWay, started] = [await stage.start(first!), await stage.start(second!)]
      await stage.outside.removeContainer(String(inTheWay.native.containerId))
      expect(await stage.start(second!)).toEqual(started)
      expect((await stage.names()).filter((listed) => listed === name)).toHaveLength(1)
    })

    it('that several attempts want while starters are killed runs each of them once', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'aedile-runs-'))
      const lanes = [1, 2, 3].map(async (lane) => {
        for (let round = 0; round < 5; round += 1) {
          const runs = join(folder, `${lane}-${round}`)
          const fields = { name: 'wanted', command: `sh -c 'echo run >> ${runs}'`, volumes: [`${folder}:${folder}`] }
          const attempt = stage.attempt(fields)
          const [killed, other] = [0, 1].map(
            () => new OtherProcess(secondProcess, { target: { host: testEngine }, credentials: {}, ...attempt }),
          )
          await Promise.all([killed!.next('ready'), other!.next('ready')])
          await delay(Math.random() * 500)
          await killed!.kill()
          const handle = await stage.start(attempt)
          expect(await stage.observe(handle)).toMatchObject({ kind: 'completed' })
          expect((await other!.next('started')).handle).toEqual(handle)
          await other!.kill()
          expect(await readFile(runs, 'utf8')).toBe('run\n')
          await stage.connection.remove(handle)
        }
      })
      await Promise.all(lanes)
      expect(await stage.names()).not.toContain('wanted')
      await rm(folder, { recursive: true })
    })

    it('is kept or removed as its job says, also by who has only the list (row 176)', async () => {
      const { handle } = await stage.run({ command: 'true', auto_remove: false })
      await stage.connection.remove(handle)
      for await (const found of stage.connection.list(handle.server)) {
        if (found.attempt === handle.attempt) expect(found).toEqual(handle)
      }
      expect(await stage.names()).toContain(handle.name)
    })
  })

  describe('tells in events', () => {
    const nameOf = (status: string) => `prefect.docker.container.${status}`

    it('that it was created, runs and has exited; who follows it later tells the same', async () => {
      const name = `told-${newAttemptKey()}`
      const { recorder, handle, attempt } = await stage.run({ name, command: 'sleep 0.2' })
      const id = String(handle.native.containerId)
      const resource = { 'prefect.resource.id': `prefect.docker.container.${id}`, 'prefect.resource.name': name }
      const { State } = await stage.api.inspectContainer(id)
      const [started, finished] = [parseTimestamp(State.StartedAt), parseTimestamp(State.FinishedAt)]
      expect(recorder.events).toEqual([
        { event: nameOf('created'), resource, occurred: expect.any(Number) },
        { event: nameOf('running'), resource, occurred: started, follows: nameOf('created') },
        { event: nameOf('exited'), resource, occurred: finished, follows: nameOf('running') },
      ])
      const later = new Recorder()
      await stage.observe(await stage.start(attempt, later), later)
      expect(later.events).toEqual([{ ...recorder.events[0], occurred: expect.any(Number) }, ...recorder.events.slice(1)])
    })

    it('the name that it got where its own was taken', async () => {
      const name = `told-${newAttemptKey()}`
      await stage.run({ name, command: 'true' })
      const { recorder } = await stage.run({ name, command: 'true' })
      const names = recorder.events.map(({ resource }) => resource?.['prefect.resource.name'])
      expect(names).toEqual([`${name}-1`, `${name}-1`, `${name}-1`])
    })

    it.each([
      ['could not be created', { image: 'aedile-test/none:1', image_pull_policy: 'Never' }, ['creation-failed']],
      ['was created, though it cannot start', { command: '/no/such' }, ['created']],
      ['was not even tried to be created where there is no image', { image: '127.0.0.1:9/none:1' }, []],
    ])('that it %s', async (_, fields, expected) => {
      const recorder = new Recorder()
      await expect(stage.start(stage.attempt(fields), recorder)).rejects.toThrow()
      expect(recorder.events.map(({ event }) => event)).toEqual(expected.map(nameOf))
      if (expected[0] === 'creation-failed') expect(recorder.events[0]!.resource).toBeNull()
    })
  })

  describe('that was removed', () => {
    const marks = async (attempt: string) => {
      const label = [`${ATTEMPT_LABEL}=${attempt}`, 'io.aedile.closed']
      return (await stage.api.listVolumes({ label })).length
    }

    it('leaves a mark for an hour where somebody else may have begun to start it', async () => {
      const { handle } = await stage.run({ command: 'true' })
      await stage.connection.remove(handle)
      expect(await marks(handle.attempt)).toBe(1)
    })

    it.each([true, false])(
      'leaves nothing where nobody else can start it, also when it was stopped before; auto_remove %s',
      async (auto_remove) => {
        const handle = await stage.start(stage.attempt({ command: 'sleep 300', auto_remove }))
        await stage.connection.stop(handle, 0)
        expect(await marks(handle.attempt)).toBe(1)
        await stage.connection.remove(handle, { hasOneStarter: true })
        expect(await marks(handle.attempt)).toBe(0)
        // Twice is once.
        await stage.connection.remove(handle, { hasOneStarter: true })
      },
    )
  })

  describe('with output', () => {
    it('in lines longer than the Engine keeps in one piece is told whole', async () => {
      const { recorder, handle } = await stage.run({ command: "sh -c 'head -c 200000 /dev/zero | tr \\\\0 x; echo; echo end'" })
      expect(recorder.text('stdout')).toBe(`${'x'.repeat(200_000)}\nend\n`)
      for (const cursor of recorder.cursors) {
        const after = new Recorder()
        await stage.observe(handle, after, cursor)
        expect(recorder.upTo(cursor).stdout + after.text('stdout')).toBe(recorder.text('stdout'))
      }
    })

    it('on a terminal is one stream', async () => {
      const { recorder, outcome } = await stage.run({
        command: "sh -c 'echo out; echo err >&2; exit 3'",
        container_create_kwargs: { tty: true },
      })
      expect(recorder.text('stdout')).toBe('out\r\nerr\r\n')
      expect(outcome).toMatchObject({ exitCode: 3, lastLines: ['out', 'err'] })
    })

    it('that nobody asked for is not told; its end is', async () => {
      const { recorder, outcome } = await stage.run({ command: "sh -c 'echo out; sleep 0.3; exit 4'", stream_output: false })
      expect(outcome).toMatchObject({ kind: 'failed', exitCode: 4, lastLines: [] })
      expect(recorder.text('stdout')).toBe('')
    })

    it('that the Engine does not keep still has an end', async () => {
      const statuses: string[] = []
      const recorder = Object.assign(new Recorder(), { status: (phase: string) => void statuses.push(phase) })
      const kwargs = { log_config: { type: 'none' } }
      const attempt = stage.attempt({ command: "sh -c 'echo out; sleep 0.3; exit 4'", container_create_kwargs: kwargs })
      expect(await stage.observe(await stage.start(attempt), recorder)).toMatchObject({ kind: 'failed', exitCode: 4 })
      expect(statuses).toEqual(['no output'])
    })
  })

  it('is connected to all its networks before it starts (row 187)', async () => {
    const names = [`a-${newAttemptKey()}`, `b-${newAttemptKey()}`]
    for (const name of names) await stage.outside.createNetwork(name)
    const handle = await stage.start(stage.attempt({ command: 'sleep 300', networks: names }))
    expect((await stage.outside.networksOf(String(handle.native.containerId))).sort()).toEqual(names)
    await stage.connection.stop(handle, 0)
    await stage.connection.remove(handle)
    for (const name of names) await stage.outside.removeNetwork(name)
  })
})

describe('an engine', () => {
  it.each([
    ['unix:///no/such/docker.sock', 'ENOENT'],
    ['tcp://127.0.0.1:9', 'ECONNREFUSED'],
  ])('that is not at %s is told in one sentence and an advice', async (host, why) => {
    const failure = await dockerDriver.connect({ host }, {}).catch((error: Error) => error)
    expect(failure).toMatchObject({ code: 'infrastructure_unreachable', retryable: true })
    expect((failure as Error).message).toMatch(
      new RegExp(`^The Docker engine at ${host} does not answer: .*${why}.*\\. Start Docker, or`),
    )
  })
})
