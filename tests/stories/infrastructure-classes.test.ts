import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, saveClassBlocks } from '../support/class-blocks.ts'
import { databaseKinds } from '../support/databases.ts'
import { until } from '../support/network.ts'
import { runAedile, startAedile } from '../support/program.ts'
import { type System, startSystem } from '../support/system.ts'

describe.each(databaseKinds)('infrastructure classes as blocks, on %s', (kind) => {
  let system: System
  const aedile = (...args: string[]) => runAedile(args, { AEDILE_HOME: system.home, AEDILE_API_URL: system.url })
  beforeAll(async () => {
    system = await startSystem(kind)
  })
  afterAll(() => system?.close())

  it('save, load and nest; secrets are encrypted and masked (rows 158, 190, 214, 217)', async () => {
    const { process, taken, own, saved, schemas, masked, isTold } = await saveClassBlocks(system.client)
    expect(process).toMatchObject({
      command: ['echo', 'hi'],
      env: { A: '1' },
      labels: { b: '2' },
      name: 'x',
      streamOutput: false,
    })
    expect(taken).toBe('api_conflict')
    expect(own).toMatchObject({ image: 'a:1', password: PASSWORD, isSaved: false })
    expect(saved).toMatchObject({ image: 'a:2', imagePullPolicy: 'NEVER', password: PASSWORD, isTheSaved: true, isChanged: true })
    expect(schemas.map(({ slug, capabilities }) => [slug, capabilities])).toEqual([
      ['docker-container', ['run-infrastructure']],
      ['docker-registry', ['docker-login']],
      ['process', ['run-infrastructure']],
    ])
    expect(masked.image_registry).toMatchObject({ username: 'ada', password: '********' })
    expect(isTold).toBe(false)
    const rows = await system.database.read<{ data: string }>('select data from block_document')
    expect(rows.length).toBeGreaterThan(3)
    for (const { data } of rows) expect(String(data)).not.toContain(PASSWORD)
  })

  it('aedile block saves, lists, shows and deletes them', async () => {
    const file = join(system.home, 'login.json')
    writeFileSync(file, JSON.stringify({ password: PASSWORD }))
    const fields = ['--set', 'username=ada', '--set', 'registry_url=r.test:5000', '--file', file]
    expect((await aedile('block', 'create', 'docker-registry', '--name', 'ours', ...fields)).exit).toBe(0)
    const again = await aedile('block', 'create', 'docker-registry', '--name', 'ours', ...fields)
    expect([again.exit, again.stderr]).toEqual([
      1,
      'There is a block docker-registry/ours already. Add --overwrite to replace it.\n',
    ])
    const nested = ['--set', 'image=a:1', '--set', 'image_registry=ours', '--set', 'command=["true"]']
    expect((await aedile('block', 'create', 'docker-container', '--name', 'nightly', ...nested)).exit).toBe(0)

    const { stdout } = await aedile('--json', 'block', 'inspect', 'docker-container/nightly')
    const block = JSON.parse(stdout)
    expect(block.data.image_registry).toMatchObject({ username: 'ada', password: '********' })
    expect(block.block_document_references.image_registry.block_document.name).toBe('ours')
    const list = await aedile('block', 'ls', '--type', 'docker-container')
    expect(list.stdout).toMatch(/docker-container\s+nightly\s+run-infrastructure/)
    expect((await aedile('block', 'delete', 'docker-container/nightly', '--yes')).exit).toBe(0)
    expect((await aedile('block', 'inspect', 'docker-container/nightly')).exit).toBe(3)
  })

  it('aedile block saves blocks of types that only the server knows', async () => {
    expect((await aedile('block', 'create', 'secret', '--name', 's', '--set', 'value=hidden')).exit).toBe(0)
    expect((await aedile('block', 'inspect', 'secret/s')).stdout).toContain('"value": "********"')
    const unknown = await aedile('block', 'create', 'nothing', '--name', 's')
    expect(unknown.exit).toBe(3)
  })

  it('a field that the class does not have is refused with those that it has', async () => {
    const { exit, stderr } = await aedile('block', 'create', 'process', '--name', 'x', '--set', 'image=a')
    expect([exit, stderr]).toEqual([
      2,
      'Process has no field image. Its fields: type, env, labels, name, command, stream_output.\n',
    ])
  })

  it('a saved block runs by its name, with what the options set over it', async () => {
    const fields = ['--set', 'command=["sh","-c","echo $A $B"]', '--set', 'env={"A":"1","B":"1"}']
    await aedile('block', 'create', 'process', '--name', 'greeting', ...fields)
    const { stdout, exit } = await aedile('infrastructure', 'run', 'process', '--block', 'greeting', '--env', 'B=2')
    expect([stdout, exit]).toEqual(['1 2\n', 0])
  })
})

describe('aedile infrastructure, without a server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aedile-classes-'))
  const home = { AEDILE_HOME: folder }
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('ends with the exit code of the command (rows 173, 299)', async () => {
    const { exit, stdout, stderr } = await runAedile(
      ['infrastructure', 'run', 'process', '--name', 'nightly', '--', 'sh', '-c', 'echo "a  b"; exit 7'],
      home,
    )
    expect([exit, stdout]).toEqual([7, 'a  b\n'])
    expect(stderr).toContain("prefect.infrastructure.process - Process 'nightly' exited with status code: 7")
  })

  it('tells a signal as a shell does', async () => {
    expect((await runAedile(['infrastructure', 'run', 'process', '--', 'sh', '-c', 'kill -9 $$'], home)).exit).toBe(137)
  })

  it('answers in JSON, the output on the standard error', async () => {
    const { stdout, stderr } = await runAedile(['--json', 'infrastructure', 'run', 'process', '--', 'echo', 'told'], home)
    expect(JSON.parse(stdout)).toEqual({ identifier: expect.stringMatching(/^\d+$/), statusCode: 0, ok: true })
    expect(stderr).toContain('told\n')
  })

  it('shows what would run, and runs nothing (row 308)', async () => {
    const { stdout } = await runAedile(['infrastructure', 'preview', 'process', '--env', 'A=1', '--', 'echo', 'a b'], home)
    expect(stdout).toBe('A=1 \\\necho a b\n')
  })

  it('stops the command on Ctrl-C', async () => {
    const program = startAedile(['infrastructure', 'run', 'process', '--', 'sh', '-c', 'echo $$; sleep 1000 & wait'], home)
    const pid = await until('the command runs', async () => Number(/^\d+\n/.exec(program.stdout())?.[0]) || null, 30)
    program.child.kill('SIGINT')
    expect(await program.ended).toBe(130)
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  it('knows what runs and what does not', async () => {
    const { exit, stderr } = await runAedile(['infrastructure', 'run', 'docker-registry', '--', 'true'], home)
    expect([exit, stderr]).toEqual([
      2,
      'docker-registry is no infrastructure that runs a command. Known: docker-container, process.\n',
    ])
  })

  const host = process.env.AEDILE_TEST_DOCKER_HOST
  it.skipIf(!host)(
    `runs in a container${host ? '' : ' (skipped: no engine in AEDILE_TEST_DOCKER_HOST)'} (rows 173, 175)`,
    async () => {
      const container = ['docker-container', '--image', 'aedile-test/busybox:1', '--env', 'A=1', '--set', 'auto_remove=true']
      const { exit, stdout } = await runAedile(['infrastructure', 'run', ...container, '--', 'sh', '-c', 'echo $A; exit 4'], {
        ...home,
        DOCKER_HOST: host!,
      })
      expect([exit, stdout]).toEqual([4, '1\n'])
    },
  )
})
