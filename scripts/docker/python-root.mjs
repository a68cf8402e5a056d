// Fills a folder with what an image for Python flows has beyond busybox: the machine's Python with its libraries, and the
// packages of an environment that has Prefect in it.
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** What no flow run needs: the packages of other environments, tests, the built pages of the server. */
const LEFT_OUT =
  /\/(lib\/python[\d.]+\/(site-packages|dist-packages|test|config-.*)|site-packages\/pip|idlelib|ui_v2_build|ui_build|ui|ui-v2)$/

/** Where the image has Python, and the packages of the environment. */
const HOME = 'opt/python'
export const PYTHON_ENVIRONMENT = { PATH: `/usr/local/bin:/${HOME}/bin:/bin`, PYTHONPATH: `/${HOME}/packages` }

/** Makes the root from an environment (`python -m venv`). What starts from it needs busybox in /bin as well. */
export function makePythonRoot(folder, environment) {
  const ask = 'import sys, sysconfig; print(sysconfig.get_path("stdlib")); print(sysconfig.get_path("purelib"))'
  const python = realpathSync(join(environment, 'bin/python'))
  const [library, packages] = output(join(environment, 'bin/python'), ['-c', ask]).trim().split('\n')
  for (const name of [`${HOME}/bin`, 'usr/local/bin']) mkdirSync(join(folder, name), { recursive: true })
  // Python finds its library from where its program is.
  copyFileSync(python, join(folder, HOME, 'bin/python'))
  cpSync(library, join(folder, HOME, 'lib', basename(library)), { recursive: true, filter: isWanted })
  cpSync(packages, join(folder, HOME, 'packages'), {
    recursive: true,
    filter: (source) => source === packages || isWanted(source),
  })
  const libraries = librariesOf([python, ...extensionsIn(library), ...extensionsIn(packages)])
  for (const path of libraries.filter((one) => !one.startsWith(packages))) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    copyFileSync(path, join(folder, path))
  }
  writeFileSync(join(folder, 'usr/local/bin/prefect'), '#!/bin/sh\nexec python -m prefect "$@"\n', { mode: 0o755 })
}

function isWanted(source) {
  return !LEFT_OUT.test(source)
}

function extensionsIn(folder) {
  const names = readdirSync(folder, { recursive: true }).filter(
    (name) => name.endsWith('.so') && !/^(site|dist)-packages\//.test(name),
  )
  return names.map((name) => join(folder, name))
}

/** What is missing for one of them is missing on this machine as well. */
function librariesOf(programs) {
  const { stdout } = spawnSync('ldd', programs, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return [...new Set([...stdout.matchAll(/(\/\S+)\s+\(0x/g)].map((match) => match[1]))]
}

function output(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} failed: ${stderr || error?.message}`)
  return stdout
}
