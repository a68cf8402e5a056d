import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandLine, lineOf } from '../../testing/command-line.ts'

let cli: CommandLine
let stopServer: () => Promise<void>
let genuine: Server
let apiUrl: string

/** The same server without what is ours, as a genuine one is. */
function serveWithoutOurs(target: string): Promise<Server> {
  const server = createServer(async (request, response) => {
    const path = request.url!.replace(/^\/api/, '')
    if (path.startsWith('/aedile/') || path.endsWith('/render')) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"detail":"Not Found"}')
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = chunks.length > 0 ? { body: Buffer.concat(chunks), headers: { 'content-type': 'application/json' } } : {}
    const answer = await fetch(target + path, { method: request.method!, ...body })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' })
    response.end(await answer.text())
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

beforeAll(async () => {
  cli = new CommandLine()
  const server = cli.start('server', 'start', '--port', '0')
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  stopServer = () => {
    server.kill('SIGTERM')
    return ended
  }
  apiUrl = (await lineOf(server, /API\s+(http\S+)\n/))[1]!
  cli.set('AEDILE_API_URL', apiUrl)
  genuine = await serveWithoutOurs(apiUrl)
  expect(await cli.run('work-pool', 'create', 'local', '--type', 'process')).toMatchObject({ code: 0 })
  const variables = ['command=sh b.sh', 'env={"A":"1"}'].flatMap((text) => ['--job-variable', text])
  expect(await cli.run('deploy', '--flow', 'backup', '-n', 'nightly', '-p', 'local', ...variables)).toMatchObject({ code: 0 })
})

afterAll(async () => {
  genuine?.close()
  await stopServer?.()
  cli.close()
})

const renderPool = (...args: string[]) => cli.run('work-pool', 'render', 'local', ...args)
const renderDeployment = (...args: string[]) => cli.run('deployment', 'render', 'backup/nightly', ...args)

describe('aedile work-pool render', () => {
  it('prints the request of a pool, and with --explain where each field came from', async () => {
    const { code, out } = await renderPool('--explain')
    expect(code).toBe(0)
    expect(out).toContain('# What a worker of type process would create for pool local; nothing was created.\n')
    expect(out).toContain('PREFECT_API_URL: <worker> # worker /settings/PREFECT_API_URL\n')
    expect(out).toContain('streamOutput: true # default /stream_output\n')
    expect(out).toContain('name: <attempt> # attempt /key\n')
    expect((await renderPool()).out).not.toContain('# worker')
  })

  it('renders a run with its deployment, and what --set lays over both', async () => {
    const created = await cli.run('deployment', 'run', 'backup/nightly', '--job-variable', 'env={"B":"2"}', '--json')
    const { id, name } = JSON.parse(created.out)
    const { code, out } = await renderPool('--flow-run', id, '--set', 'env.C=3', '--set', 'stream_output=false', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      work_pool: 'local',
      type: 'process',
      configuration: { name, env: { A: '1', B: '2', C: '3', PREFECT__FLOW_RUN_ID: id } },
      request: { argv: ['sh', 'b.sh'], streamOutput: false },
    })
    const compared = await renderDeployment('--diff', id)
    expect(compared).toMatchObject({ code: 6, out: expect.stringMatching(/\/env\/B +- +"2" +flow-run/) })
  })

  it('prints the request alone as JSON, or the shell lines that its type has for it', async () => {
    expect(JSON.parse((await renderPool('-o', 'json')).out)).toMatchObject({ name: '<attempt>' })
    const { code, out } = await renderPool('-o', 'curl')
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('python3 -m prefect.engine') })
  })

  it.each([
    [['--set', 'comand=x'], 2, 'Did you mean command?'],
    [['--set', 'stream_output=maybe'], 2, 'stream_output'],
    [['--set', 'nothing'], 2, '--set takes NAME=VALUE'],
    [['--worker', 'nobody'], 3, 'has no worker nobody'],
    [['--deployment', 'backup/nightli'], 3, 'Did you mean backup/nightly?'],
    [['--deployment', 'a/b', '--flow-run', 'c'], 2, 'not both'],
    [['--diff', 'nothing'], 2, 'FLOW/NAME'],
    [['--set', 'command={{ prefect.blocks.secret.x }}'], 1, 'secret/x'],
  ])('%j is refused in a sentence', async (args, code, why) => {
    const ended = await renderPool(...args)
    expect(ended.error).toContain(why)
    expect(ended).toMatchObject({ code, out: '' })
  })
})

describe('aedile deployment render', () => {
  it('says with --diff what differs from the default template and from another deployment', async () => {
    expect(await renderDeployment('--diff', 'DEFAULT')).toMatchObject({ code: 0, out: expect.stringContaining('same request') })
    expect(await renderDeployment('--set', 'command=other', '--diff', 'backup/nightly', '--json')).toMatchObject({ code: 6 })
  })

  it('is the same on a server that renders nothing itself', async () => {
    const args = ['--set', 'env.URL=x-{{ prefect.variables.none }}', '--explain', '--json']
    const ours = await renderDeployment(...args)
    const there = await cli.run(
      '--api-url',
      `http://127.0.0.1:${(genuine.address() as AddressInfo).port}/api`,
      'deployment',
      'render',
      'backup/nightly',
      ...args,
    )
    expect(there).toMatchObject({ code: 0, error: expect.stringContaining('it was rendered here') })
    expect(JSON.parse(there.out)).toEqual(JSON.parse(ours.out))
  })
})
