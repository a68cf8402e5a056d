// Fills a folder with what an image for TypeScript flows has beyond busybox: Node with its libraries, and `@aedile/sdk`
// compiled from the sources and bundled as in a release, with the packages it needs, where every project finds it.
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleSdk } from '../bundle-sdk.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const OWN = ['core', 'sdk']

/** Makes the root. What starts from it needs busybox in /bin as well. */
export async function makeNodeRoot(folder) {
  mkdirSync(join(folder, 'usr/local/bin'), { recursive: true })
  mkdirSync(join(folder, 'usr/bin'), { recursive: true })
  copyFileSync(process.execPath, join(folder, 'usr/local/bin/node'))
  for (const library of librariesOf(process.execPath)) {
    mkdirSync(join(folder, dirname(library)), { recursive: true })
    copyFileSync(library, join(folder, library))
  }
  symlinkSync('/bin/busybox', join(folder, 'usr/bin/env'))
  for (const name of OWN) addOwnPackage(folder, name)
  for (const name of dependenciesOf(OWN.map((name) => join(root, 'packages', name)))) {
    cpSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true, dereference: true })
  }
  await bundleSdk(join(folder, 'node_modules/@aedile/sdk'))
  symlinkSync('/node_modules/@aedile/sdk/bin/aedile-execute.js', join(folder, 'usr/local/bin/aedile-execute'))
}

function librariesOf(program) {
  return [...output('ldd', [program]).matchAll(/(\/\S+)\s+\(0x/g)].map((match) => match[1])
}

function addOwnPackage(folder, name) {
  const source = join(root, 'packages', name)
  const target = join(folder, 'node_modules/@aedile', name)
  mkdirSync(target, { recursive: true })
  cpSync(join(source, 'package.json'), join(target, 'package.json'))
  if (existsSync(join(source, 'bin'))) cpSync(join(source, 'bin'), join(target, 'bin'), { recursive: true })
  const project = ['-p', join(source, 'tsconfig.build.json'), '--outDir', join(target, 'dist')]
  output(join(root, 'node_modules/.bin/tsc'), [...project, '--declaration', 'false', '--noCheck'])
}

/** The packages that others need, with what those need in their turn. */
function dependenciesOf(folders) {
  const found = new Set()
  const add = (folder) => {
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    for (const name of Object.keys(dependencies)) {
      if (name.startsWith('@aedile/') || found.has(name)) continue
      found.add(name)
      add(join(root, 'node_modules', name))
    }
  }
  folders.forEach(add)
  return found
}

function output(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} failed: ${stderr || stdout || error?.message}`)
  return stdout
}
