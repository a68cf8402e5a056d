// Makes the file systems of test images, from programs of this machine.
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** The images of tests, and what makes the file system of each. */
export const IMAGES = {
  'aedile-test/busybox:1': makeBusyboxRoot,
  'aedile-test/node:1': makeNodeRoot,
}

/** A tar of a file system with busybox, a shell and its tools in /bin, and a file that is no program. */
function makeBusyboxRoot() {
  return makeRoot((folder) => addBusybox(folder))
}

/** The same with Node and @aedile/sdk: `aedile-execute` runs flows that lie below /app. */
function makeNodeRoot() {
  return makeRoot((folder) => {
    addBusybox(folder)
    addProgram(folder, process.execPath, '/bin/node')
    addSdk(join(folder, 'app'))
    const node = '/bin/node --conditions=aedile-source --disable-warning=ExperimentalWarning'
    const script = `#!/bin/sh\nexec ${node} /app/packages/sdk/bin/aedile-execute.js "$@"\n`
    writeFileSync(join(folder, 'bin', 'aedile-execute'), script, { mode: 0o755 })
  })
}

function makeRoot(fill) {
  const folder = mkdtempSync(join(tmpdir(), 'aedile-image-'))
  try {
    fill(folder)
    return output('tar', ['--owner=0', '--group=0', '-C', folder, '-c', '.'])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A program and the libraries that it is linked with, each at its own place. */
function addProgram(folder, program, to) {
  copyFileSync(program, join(folder, to))
  for (const [library] of output('ldd', [program])
    .toString()
    .matchAll(/\/\S+\.so\S*/g)) {
    mkdirSync(join(folder, dirname(library)), { recursive: true })
    copyFileSync(library, join(folder, library))
  }
}

/** The sources of our packages, in which Node strips the types, and the packages that they need. */
function addSdk(folder) {
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '@aedile'), { recursive: true })
  const needed = new Set(['@aedile/sdk'])
  for (const name of needed) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
    for (const dependency of Object.keys(dependencies)) needed.add(dependency)
    if (!name.startsWith('@aedile/')) {
      cpSync(join(root, 'node_modules', name), join(modules, name), { recursive: true, dereference: true })
      continue
    }
    const own = name.replace('@aedile/', 'packages/')
    const filter = (path) => !/\/(dist|node_modules)$/.test(path)
    cpSync(join(root, own), join(folder, own), { recursive: true, filter })
    symlinkSync(join('..', '..', own), join(modules, name))
  }
}

function addBusybox(folder) {
  for (const name of ['bin', 'etc', 'tmp', 'root']) mkdirSync(join(folder, name))
  copyFileSync('/bin/busybox', join(folder, 'bin', 'busybox'))
  for (const name of output('/bin/busybox', ['--list']).toString().trim().split('\n')) {
    if (name !== 'busybox') symlinkSync('busybox', join(folder, 'bin', name))
  }
  writeFileSync(join(folder, 'bin', 'no-program'), 'no program\n', { mode: 0o755 })
  writeFileSync(join(folder, 'etc', 'passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  writeFileSync(join(folder, 'etc', 'group'), 'root:x:0:\n')
}

function output(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { maxBuffer: 512 * 1024 * 1024 })
  if (status !== 0) throw new Error(`${command} failed: ${stderr || error?.message}`)
  return stdout
}
