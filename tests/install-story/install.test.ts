import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const tarballs = mkdtempSync(join(tmpdir(), 'aedile-tarballs-'))
const whole = mkdtempSync(join(tmpdir(), 'aedile-installed-'))
const image = mkdtempSync(join(tmpdir(), 'aedile-image-'))
const home = mkdtempSync(join(tmpdir(), 'aedile-home-'))
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AEDILE|PREFECT|VITEST|npm)_/.test(name))),
  PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
  AEDILE_HOME: home,
}

function run(command: string, args: string[], cwd: string): string {
  const result = spawnSync(command, args, { cwd, env: environment, encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${result.status}\n${result.stdout}\n${result.stderr}`)
  return result.stdout
}

function install(folder: string, names: RegExp): void {
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}')
  const files = readdirSync(tarballs).filter((name) => names.test(name))
  run('npm', ['install', '--no-audit', '--no-fund', ...files.map((name) => join(tarballs, name))], folder)
}

beforeAll(() => {
  run('npm', ['pack', '--workspaces', '--pack-destination', tarballs], root)
  install(whole, /\.tgz$/)
  install(image, /^aedile-(core|sdk)-/)
})

afterAll(() => {
  for (const folder of [tarballs, whole, image, home]) rmSync(folder, { recursive: true, force: true })
})

const flowFile = `
import { flow, task } from '@aedile/sdk'
const double = task({ name: 'double' }, async (x: number) => 2 * x)
export const sums = flow({ name: 'sums' }, async () => (await double.map([1, 2, 3])).reduce((a, b) => a + b))
console.log('sum', await sums())
`

describe('aedile, installed from its packages into an empty folder', () => {
  it('says its version', () => {
    expect(run('npx', ['aedile', 'version'], whole)).toContain('aedile       0.1.0')
  })

  it('starts a server, and a flow file run there is recorded by it', async () => {
    const server = spawn('npx', ['aedile', 'server', 'start', '--port', '0', '--json'], {
      cwd: whole,
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    })
    try {
      const { url } = JSON.parse(await readJsonText(server)) as { url: string }
      writeFileSync(join(whole, 'sums.ts'), flowFile)
      const result = spawnSync(process.execPath, ['sums.ts'], {
        cwd: whole,
        env: { ...environment, AEDILE_API_URL: url },
        encoding: 'utf8',
      })
      expect(result.stdout).toContain('sum 12')
      const answer = await fetch(`${url}/flow_runs/filter`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
      expect(await answer.json()).toMatchObject([{ state_type: 'COMPLETED' }])
    } finally {
      process.kill(-server.pid!, 'SIGTERM')
      await new Promise((resolve) => server.once('exit', resolve))
    }
  })

  it('runs a flow file without any server, and says so', () => {
    writeFileSync(join(whole, 'alone.ts'), flowFile)
    const result = spawnSync(process.execPath, ['alone.ts'], { cwd: whole, env: environment, encoding: 'utf8' })
    expect(result.stdout).toContain('sum 12')
    expect(result.stderr).toMatch(/server/i)
  })

  const older = olderNode()
  it.skipIf(older === null)('says on Node 20 what to do, before anything native is loaded', () => {
    const aedile = spawnSync(older!, [join(whole, 'node_modules/aedile/bin/aedile.js'), 'version'], {
      encoding: 'utf8',
      env: environment,
    })
    expect(aedile.status).toBe(1)
    expect(aedile.stderr).toMatch(/needs Node 22\.19 or newer, this is v\d+/)
    const execute = spawnSync(older!, [join(image, 'node_modules/@aedile/sdk/bin/aedile-execute.js')], {
      encoding: 'utf8',
      env: environment,
    })
    expect(execute.status).toBe(1)
    expect(execute.stderr).toMatch(/needs Node 22\.19 or newer/)
  })
})

describe("@aedile/sdk alone, as in a flow's image", () => {
  it('is under 15 MB, without server, database driver or vendor library', () => {
    expect(bytesOf(join(image, 'node_modules'))).toBeLessThan(15 * 1024 * 1024)
    for (const name of ['better-sqlite3', 'pg', 'fastify', '@aedile/server', '@aedile/worker']) {
      expect(existsSync(join(image, 'node_modules', name)), name).toBe(false)
    }
  })

  it('has aedile-execute, which says what it lacks', () => {
    const result = spawnSync('npx', ['aedile-execute'], { cwd: image, env: environment, encoding: 'utf8' })
    expect(result.status).not.toBe(0)
    expect(result.stderr).toMatch(/PREFECT__FLOW_RUN_ID|flow run/i)
  })
})

/** A Node below 22.19 in PATH, or null. */
function olderNode(): string | null {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, 'node')
    if (!existsSync(candidate)) continue
    const version = spawnSync(candidate, ['--version'], { encoding: 'utf8' }).stdout
    const [major, minor] = version.slice(1).split('.').map(Number)
    if (major! < 22 || (major === 22 && minor! < 19)) return candidate
  }
  return null
}

async function readJsonText(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const line of createInterface({ input: child.stdout! })) {
    text += line
    if (line === '}') break
  }
  return text
}

function bytesOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name)
    return sum + (entry.isDirectory() ? bytesOf(path) : entry.isFile() ? statSync(path).size : 0)
  }, 0)
}
