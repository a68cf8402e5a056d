import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, type Row, readAll } from './api.ts'
import { hasGenuine, runPython, type ServerUnderTest, title } from './genuine.ts'
import { startOurServer, startOurWorker } from './ours.ts'
import { PrefectSession } from './prefect-session.ts'

describe.skipIf(!hasGenuine)(title('The genuine command line against our server'), () => {
  let server: ServerUnderTest
  let session: PrefectSession
  const prefect = (...args: string[]) => session.run(...args)
  const prefectJson = async (...args: string[]) => JSON.parse(await prefect(...args, '--output', 'json'))
  beforeAll(async () => {
    server = await startOurServer()
    session = new PrefectSession(server.apiUrl)
  })
  afterAll(async () => {
    await session?.close()
    await server?.stop()
  })

  test('work pools are created, listed, looked at, changed, paused and resumed', async () => {
    expect(await prefect('work-pool', 'create', 'dock', '--type', 'process')).toContain("Created work pool 'dock'")
    expect(await prefect('work-pool', 'update', 'dock', '--concurrency-limit', '3', '--description', 'by the sea')).toContain(
      'Updated',
    )
    expect(await prefect('work-pool', 'pause', 'dock')).toContain("Paused work pool 'dock'")
    const paused = await prefectJson('work-pool', 'inspect', 'dock')
    expect(paused).toMatchObject({
      name: 'dock',
      type: 'process',
      is_paused: true,
      concurrency_limit: 3,
      description: 'by the sea',
    })
    expect(await prefect('work-pool', 'resume', 'dock')).toContain("Resumed work pool 'dock'")
    expect(await prefect('work-pool', 'ls')).toMatch(/dock.*process/)
    expect(await prefect('work-pool', 'preview', 'dock')).toContain('No runs found')
  })

  test('work queues are created and listed', async () => {
    await ask(server.apiUrl, 'POST', '/work_pools/', { name: 'quay', type: 'process' })
    expect(await prefect('work-queue', 'create', 'urgent', '--pool', 'quay', '--priority', '1', '--limit', '2')).toContain(
      'urgent',
    )
    const listed = await prefect('work-queue', 'ls', '--pool', 'quay')
    expect(listed).toMatch(/urgent.*1.*2/)
    expect(listed).toContain('default')
  })

  test('a deployment is listed, looked at, scheduled, run and watched, its runs are listed and tell their logs', async () => {
    const pool = 'conformance'
    await ask(server.apiUrl, 'POST', '/work_pools/', { name: pool, type: 'process' })
    await prefect('deploy', '--all', '--prefect-file', 'prefect-quick.yaml')
    expect(await prefect('deployment', 'ls')).toContain('quick/pooled')
    expect(await prefectJson('deployment', 'inspect', 'quick/pooled')).toMatchObject({
      name: 'pooled',
      entrypoint: 'quick.py:quick',
      work_pool_name: pool,
    })

    expect(
      await prefect('deployment', 'schedule', 'create', 'quick/pooled', '--cron', '0 6 * * *', '--timezone', 'Europe/Rome'),
    ).toContain('Created deployment schedule')
    expect(await prefect('deployment', 'schedule', 'ls', 'quick/pooled')).toContain('0 6 * * *')
    const [schedule] = (await scheduleIds('pooled')) as [string]
    await prefect('deployment', 'schedule', 'pause', 'quick/pooled', schedule)
    await prefect('deployment', 'schedule', 'resume', 'quick/pooled', schedule)
    await prefect('deployment', 'schedule', 'delete', 'quick/pooled', schedule, '--accept-yes')
    expect(await scheduleIds('pooled')).toEqual([])

    const worker = startOurWorker(server.apiUrl, pool)
    try {
      const watched = [
        '--watch',
        '--watch-interval',
        '1',
        '--watch-timeout',
        '60',
        '--param',
        'name=you',
        '--flow-run-name',
        'watched',
      ]
      expect(await prefect('deployment', 'run', 'quick/pooled', ...watched)).toMatch(/finished in state|Completed/)
      expect(await prefect('deployment', 'run', 'quick/pooled', '--start-in', '2 hours')).toContain('Created flow run')
    } finally {
      await worker.stop()
    }
    const runs = (await prefectJson('flow-run', 'ls', '--flow-name', 'quick')) as Row[]
    const run = runs.find((one) => one.name === 'watched')!
    expect(run).toMatchObject({ state_name: 'Completed', parameters: { name: 'you' } })
    expect(await prefect('flow-run', 'inspect', run.id as string)).toContain('watched')
    expect(await prefect('flow-run', 'logs', run.id as string)).toContain('hello you')
    const later = runs.find((one) => one.state_name === 'Scheduled')!
    expect(await prefect('flow-run', 'cancel', later.id as string)).toContain('scheduled for cancellation')
    expect((await ask(server.apiUrl, 'GET', `/flow_runs/${later.id}`)) as Row).toMatchObject({ state_type: 'CANCELLED' })
  })

  test('variables are set, read, listed and unset', async () => {
    expect(await prefect('variable', 'set', 'wind', 'north', '--tag', 'weather')).toContain('Set variable')
    await prefect('variable', 'set', 'wind', '{"from": "north", "knots": 12}', '--overwrite')
    expect(await prefect('variable', 'get', 'wind')).toContain('knots')
    expect(await prefect('variable', 'ls')).toContain('wind')
    expect(await prefect('variable', 'unset', 'wind')).toContain('Unset variable')
    await expect(prefect('variable', 'get', 'wind')).rejects.toThrow('not found')
  })

  test('concurrency limits of tags and global ones are created, looked at, listed and deleted', async () => {
    expect(await prefect('concurrency-limit', 'create', 'database', '4')).toContain('database')
    expect(await prefect('concurrency-limit', 'inspect', 'database')).toMatch(/database[\s\S]*4/)
    expect(await prefect('concurrency-limit', 'ls')).toMatch(/database.*4/)
    expect(await prefect('concurrency-limit', 'delete', 'database')).toContain('Deleted')
    expect(await prefect('gcl', 'create', 'berths', '--limit', '7', '--slot-decay-per-second', '0.5')).toContain('berths')
    expect(await prefect('gcl', 'inspect', 'berths')).toMatch(/berths[\s\S]*7/)
    expect(await prefect('gcl', 'ls')).toMatch(/berths.*7/)
    expect(await prefect('gcl', 'delete', 'berths')).toContain('Deleted')
  })

  test('blocks, a secret, variables, artifacts and slots are made and used from Python', async () => {
    await ask(server.apiUrl, 'POST', '/v2/concurrency_limits/', { name: 'harbour', limit: 1 })
    expect(await prefect('block', 'register', '--file', 'blocks.py')).toContain('Lighthouse')
    expect(JSON.parse((await runPython(['objects.py'], server.apiUrl)).trim())).toEqual({
      secret: 'hush',
      height: 41,
      lamp: { lit: true },
    })
    const artifacts = await readAll(server.apiUrl, '/artifacts/latest/filter', {})
    expect(artifacts.map((one) => [one.key, one.type]).sort()).toEqual([
      ['link', 'markdown'],
      ['progress', 'progress'],
      ['report', 'markdown'],
      ['table', 'table'],
    ])
    expect(artifacts.find((one) => one.key === 'progress')?.data).toBe(60)
    const limit = (await ask(server.apiUrl, 'GET', '/v2/concurrency_limits/harbour')) as Row
    expect(limit.active_slots).toBe(0)
    const stored = (await ask(server.apiUrl, 'GET', '/block_types/slug/secret/block_documents/name/word')) as Row
    expect(JSON.stringify(stored.data)).not.toContain('hush')
  })

  async function scheduleIds(name: string): Promise<string[]> {
    const [deployment] = await readAll(server.apiUrl, '/deployments/filter', { deployments: { name: { any_: [name] } } })
    return (deployment!.schedules as Row[]).map((schedule) => schedule.id as string)
  }
})
