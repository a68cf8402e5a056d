// A Docker engine of our own for tests: its own socket, data and process, started and stopped by process id. Its images
// are made here, from programs of this machine: nothing is pulled.
//
//   node scripts/docker/engine.mjs run        runs one until Ctrl-C, and says how to reach it
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { IMAGES } from './images.mjs'
import { untilEnded } from './until-ended.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const READY_MILLISECONDS = 60_000
const STOP_MILLISECONDS = 60_000

/** Why no engine can be started here; null when one can. */
export function whyNoEngine() {
  if (process.platform !== 'linux') return 'it needs Linux'
  if (process.getuid?.() !== 0) return 'it needs root'
  if (!find('dockerd') || !find('containerd')) return 'Docker is not installed; on Debian: apt-get install docker.io'
  if (!existsSync('/bin/busybox')) return 'busybox is not installed; on Debian: apt-get install busybox-static'
  return null
}

function find(program) {
  return ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/usr/local/sbin'].map((folder) => join(folder, program)).find(existsSync)
}

/** Starts an engine with the test images in it. Returns its address, and functions that end it and start it again. */
export async function startEngine({ liveRestore = false, options = [] } = {}) {
  const why = whyNoEngine()
  if (why) throw new Error(`No Docker engine can be started: ${why}.`)
  mkdirSync(join(root, '.cache', 'docker'), { recursive: true })
  const data = mkdtempSync(join(root, '.cache', 'docker', 'engine-'))
  // Paths of sockets must be short.
  const folder = mkdtempSync(join(tmpdir(), 'aedile-engine-'))
  const socket = join(folder, 'docker.sock')
  const pidFile = join(folder, 'pid')
  const paths = ['--host', `unix://${socket}`, '--data-root', data, '--exec-root', join(folder, 'exec'), '--pidfile', pidFile]
  const args = [...paths, '--config-file', join(folder, 'daemon.json'), ...(liveRestore ? ['--live-restore'] : []), ...options]
  let daemon = null
  // Its own, because the machine's may say where the machine's engine listens.
  writeFileSync(join(folder, 'daemon.json'), '{}')

  async function start() {
    const log = openSync(join(folder, 'log'), 'a')
    // In a group of its own, so that Ctrl-C in a terminal does not reach it before its containers are stopped.
    daemon = spawn(find('dockerd'), args, { stdio: ['ignore', log, log], detached: true, cwd: '/' })
    closeSync(log)
    const started = performance.now()
    while (!(await isUp(socket))) {
      const gone = daemon.exitCode !== null || daemon.signalCode !== null
      if (gone || performance.now() - started > READY_MILLISECONDS) {
        await end('SIGKILL')
        throw new Error(`dockerd did not start.\n${readFileSync(join(folder, 'log'), 'utf8').slice(-4_000)}`)
      }
      await delay(50)
    }
  }
  /** Ends the engine; its containers end with it unless it has live restore, or is killed. */
  async function end(signal = 'SIGTERM') {
    const gone = untilGone(daemon)
    daemon.kill(signal)
    const late = delay(STOP_MILLISECONDS, 'late', { ref: false })
    if ((await Promise.race([gone, late])) === 'late') {
      daemon.kill('SIGKILL')
      await gone
    }
    // A killed one takes nothing with it, and its pid files keep the next one away.
    await endContainerd(join(folder, 'exec', 'containerd'))
    rmSync(pidFile, { force: true })
  }
  /** Ends all containers, the engine and its containerd, and deletes their files. */
  async function stop() {
    if (await isUp(socket)) await removeContainers(socket)
    await end()
    unmount(data)
    unmount(folder)
    rmSync(folder, { recursive: true, force: true })
    rmSync(data, { recursive: true, force: true })
  }
  try {
    await start()
    await ensureImage(`unix://${socket}`, 'aedile-test/busybox:1')
  } catch (error) {
    await stop()
    throw error
  }
  return { host: `unix://${socket}`, socket, start, end, stop, pid: () => daemon.pid }
}

function untilGone(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve('gone')
  return new Promise((resolve) => child.once('exit', () => resolve('gone')))
}

async function isUp(socket) {
  if (!existsSync(socket)) return false
  return ask(socket, 'GET', '/_ping').then(
    ({ status }) => status === 200,
    () => false,
  )
}

async function removeContainers(socket) {
  const { text } = await ask(socket, 'GET', '/containers/json?all=1')
  await Promise.all(JSON.parse(text).map(({ Id }) => ask(socket, 'DELETE', `/containers/${Id}?force=1&v=1`)))
}

/** Makes one of the test images on an engine, when it is not there. */
export async function ensureImage(host, name) {
  const socket = host.replace('unix://', '')
  const { status } = await ask(socket, 'GET', `/images/${name}/json`)
  if (status === 404) await importImage(socket, name, IMAGES[name]())
}

async function importImage(socket, name, tar) {
  const [repo, tag] = name.split(':')
  const query = new URLSearchParams({ fromSrc: '-', repo, tag })
  for (const change of ['ENV PATH=/bin', 'CMD ["sh"]']) query.append('changes', change)
  const { status, text } = await ask(socket, 'POST', `/images/create?${query}`, tar)
  if (status !== 200 || /"error"/.test(text)) throw new Error(`The image ${name} could not be made: ${text}`)
}

function ask(socket, method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body ? { 'Content-Type': 'application/x-tar', 'Content-Length': body.length } : {}
    const call = request({ socketPath: socket, method, path, headers, agent: false, timeout: 60_000 }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      answer.on('end', () => resolve({ status: answer.statusCode, text })).on('error', reject)
    })
    call.on('error', reject).on('timeout', () => call.destroy(new Error('no answer from dockerd')))
    call.end(body)
  })
}

/** The containerd that dockerd started: known by its pid file in this engine's own folder. Containers do not need it. */
async function endContainerd(folder) {
  const pidFile = join(folder, 'containerd.pid')
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8'))
  const isOurs = () => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
    } catch {
      return false
    }
  }
  for (let tries = 0; isOurs() && tries < 200; tries += 1) {
    process.kill(pid, 'SIGKILL')
    await delay(20)
  }
  rmSync(pidFile, { force: true })
}

/** What a killed engine left mounted; an engine also mounts its own data folder. */
function unmount(folder) {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
  for (const path of mounts.filter((mount) => `${mount}/`.startsWith(`${folder}/`)).reverse()) spawnSync('umount', ['-l', path])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] !== 'run') {
    process.stderr.write('Usage: node scripts/docker/engine.mjs run\n')
    process.exit(2)
  }
  const engine = await startEngine()
  process.stdout.write(`A Docker engine runs as process ${engine.pid()}. To use it:\n`)
  process.stdout.write(`  export AEDILE_TEST_DOCKER_HOST=${engine.host} DOCKER_HOST=${engine.host}\n`)
  await untilEnded()
  await engine.stop()
}
