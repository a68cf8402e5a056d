import { join } from 'node:path'
import { defaultServerSettings } from '@aedile/server/settings'
import { openStore } from '@aedile/server/store/open'
import { build } from 'esbuild'
import type { Place, Product } from './product.ts'

/**
 * What the same store, HTTP stack and `spawn` give without Aedile. Its programs become plain JavaScript in a folder, or
 * their start would hold what Node needs to strip types.
 */
export async function buildLimit(root: string, folder: string): Promise<Product> {
  const programs = ['server', 'worker', 'list-pools']
  await build({
    entryPoints: programs.map((name) => join(root, 'bench', 'limits', `${name}.ts`)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node22',
    logLevel: 'silent',
  })
  const run = (name: string, args: string[]) => ({
    command: process.execPath,
    args: [join(folder, `${name}.mjs`), ...args],
    env: {},
  })
  return {
    name: 'limit',
    title: 'limit',
    version: '(no Aedile)',
    prepare: async (place) => void (await (await openStore({ url: urlOf(place), upgrade: true })).close()),
    server: (place) => {
      const database =
        place.postgres === null ? ['--synchronous', defaultServerSettings.synchronous] : ['--postgres', urlOf(place)]
      return run('server', ['--port', String(place.port), '--home', place.home, ...database])
    },
    worker: ({ apiUrl }) => run('worker', ['--api', apiUrl]),
    cli: (args, { apiUrl }) =>
      args[0] === '--help' ? { command: process.execPath, args: ['-e', ''], env: {} } : run('list-pools', [apiUrl]),
    databaseFile: ({ home }) => join(home, 'limit.db'),
  }
}

function urlOf({ home, postgres }: Place): string {
  return postgres === null
    ? `sqlite:${join(home, 'limit.db')}`
    : `postgres://postgres@127.0.0.1:${postgres.port}/${postgres.name}`
}
