// A registry of our own for tests: Debian's docker-registry on loopback, with a password file, started and stopped by its
// process id.
//
//   node scripts/docker/registry.mjs run      runs one until Ctrl-C, and says how to reach it
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../free-port.mjs'
import { untilEnded } from './until-ended.mjs'

const READY_MILLISECONDS = 30_000
const REGISTRY = '/usr/bin/docker-registry'
const HTPASSWD = '/usr/bin/htpasswd'

/** Why no registry can be started here; null when one can. */
export function whyNoRegistry() {
  if (!existsSync(REGISTRY)) return 'docker-registry is not installed; on Debian: apt-get install docker-registry'
  if (!existsSync(HTPASSWD)) return 'htpasswd is not installed; on Debian: apt-get install apache2-utils'
  return null
}

/** Starts a registry with one user. */
export async function startRegistry({ username = 'ada', password = 'right' } = {}) {
  const why = whyNoRegistry()
  if (why) throw new Error(`No registry can be started: ${why}.`)
  const folder = mkdtempSync(join(tmpdir(), 'aedile-registry-'))
  const passwords = join(folder, 'passwords')
  const host = `127.0.0.1:${await freePort()}`
  let changes = 0

  /** From now on this password holds and no other. */
  function setPassword(changed) {
    const { status, stdout, stderr } = spawnSync(HTPASSWD, ['-nbB', '-C', '4', username, changed], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`htpasswd failed: ${stderr}`)
    writeFileSync(passwords, stdout)
    // The registry reads the file again when its time differs, which within one tick of the clock it would not.
    changes += 1
    utimesSync(passwords, new Date(), new Date(Date.now() + changes * 1000))
  }
  setPassword(password)
  const config = {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: { addr: host },
    auth: { htpasswd: { realm: 'aedile-test', path: passwords } },
  }
  // JSON is YAML.
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config))
  const log = openSync(join(folder, 'log'), 'a')
  const child = spawn(REGISTRY, ['serve', join(folder, 'config.yml')], { stdio: ['ignore', log, log], cwd: folder })
  closeSync(log)
  const gone = new Promise((resolve) => child.once('exit', resolve))
  async function stop() {
    child.kill('SIGTERM')
    await gone
    rmSync(folder, { recursive: true, force: true })
  }
  const started = performance.now()
  while (!(await isUp(host))) {
    if (child.exitCode !== null || performance.now() - started > READY_MILLISECONDS) {
      const said = readFileSync(join(folder, 'log'), 'utf8').slice(-2_000)
      await stop()
      throw new Error(`docker-registry did not start.\n${said}`)
    }
    await delay(25)
  }
  return { host, username, password, setPassword, stop, pid: child.pid }
}

function isUp(host) {
  return fetch(`http://${host}/v2/`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ status }) => status === 401 || status === 200,
    () => false,
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] !== 'run') {
    process.stderr.write('Usage: node scripts/docker/registry.mjs run\n')
    process.exit(2)
  }
  const registry = await startRegistry()
  process.stdout.write(`A registry runs as process ${registry.pid}. To use it:\n`)
  process.stdout.write(`  docker login --username ${registry.username} --password ${registry.password} ${registry.host}\n`)
  await untilEnded()
  await registry.stop()
}
