// Bundles the command line with all that it starts: server, worker, the infrastructures it depends on, and their libraries.
// A server is 1,400 modules; finding and reading them takes longer than running them. Split, so that `aedile --help` loads
// only what it needs.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

/** What an infrastructure is asked for by name while the program runs. */
const ENTRIES = ['definition', 'driver', 'blocks']

/** Libraries with native code cannot be part of a text. */
const WITH_NATIVE_CODE = { 'better-sqlite3': '@aedile/server/server' }

/** Libraries in CommonJS ask for the modules of Node by `require`. */
const BANNER = `import { createRequire as makeRequire } from 'node:module'
const require = makeRequire(import.meta.url)
const requireOf = (owner, name) => makeRequire(require.resolve(owner))(name)`

export async function bundleCommandLine(folder) {
  const outdir = join(folder, 'dist', 'bundle')
  rmSync(outdir, { recursive: true, force: true })
  const server = join(folder, '..', 'server')
  const { metafile } = await build({
    entryPoints: {
      main: join(folder, 'src', 'main.ts'),
      ...listThreads(join(server, 'dist', 'store', 'sqlite')),
      ...listInfrastructures(folder),
    },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // Flows import the SDK from its own files, and so does whoever reads them.
    external: ['@aedile/sdk', '@aedile/sdk/*'],
    plugins: [shareSettings(join(folder, '..', 'sdk')), leaveOutLanguages(), keepOutside(WITH_NATIVE_CODE)],
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: BANNER },
    metafile: true,
    logLevel: 'warning',
  })
  writeFileSync(join(outdir, 'LICENSES.txt'), collectLicenses(Object.keys(metafile.inputs)))
}

/** A thread is started from a file of its own, which is looked for beside the code that starts it. */
function listThreads(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('-thread.js'))
  return Object.fromEntries(files.map((name) => [`chunks/${name.slice(0, -3)}`, join(folder, name)]))
}

/** The entry points of the infrastructures among the dependencies: `infrastructures/<package>/<entry>`. */
function listInfrastructures(folder) {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const points = {}
  for (const name of Object.keys(dependencies).filter((one) => one.startsWith('@aedile/'))) {
    const own = join(folder, '..', '..', 'node_modules', name)
    if (!JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')).aedile?.types) continue
    for (const entry of ENTRIES) {
      const file = join(own, 'dist', `${entry}.js`)
      if (existsSync(file)) points[`infrastructures/${name}/${entry}`] = file
    }
  }
  return points
}

/** The settings of the SDK are the one part of it that is read here: from its own files they would bring a second Zod. */
function shareSettings(sdk) {
  const path = join(sdk, 'dist', 'settings.js')
  return { name: 'share-settings', setup: ({ onResolve }) => onResolve({ filter: /^@aedile\/sdk\/settings$/ }, () => ({ path })) }
}

/** Zod brings its messages in fifty languages, half of its text, and all of them are loaded with it. Ours are in English. */
function leaveOutLanguages() {
  const contents = "export { default as en } from './en.js'"
  const filter = /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/
  return { name: 'leave-out-languages', setup: ({ onLoad }) => onLoad({ filter }, () => ({ contents })) }
}

/** Replaces libraries by a look-up from a module of the package that depends on them. */
function keepOutside(owners) {
  return {
    name: 'keep-outside',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^(${Object.keys(owners).join('|')})$`) }, ({ path }) => ({ path, namespace: 'outside' }))
      onLoad({ filter: /.*/, namespace: 'outside' }, ({ path }) => ({
        contents: `module.exports = requireOf('${owners[path]}', '${path}')`,
      }))
    },
  }
}

/** The licenses of the libraries that are part of the bundle, as they ask for. */
export function collectLicenses(inputs) {
  const folders = new Set(inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]).filter(Boolean))
  const texts = [...folders].sort().flatMap((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = existsSync(folder) && readdirSync(folder).find((one) => /^licen[sc]e/i.test(one))
    return [`${name} ${version} (${license})`, ...(file ? [readFileSync(join(folder, file), 'utf8').trim()] : []), '', '---', '']
  })
  return `This folder contains these libraries:\n\n${texts.join('\n')}`
}
