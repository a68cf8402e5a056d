import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Database, Launch, Product, ServerPlace } from './product.ts'

/** Aedile as users run it: the built command line of the checkout, or its sources while the build does not work. */
export function findAedile(root: string, options: { sources: boolean; profileFolder: string | null }): Product {
  const folder = join(root, 'packages', 'cli')
  if (!options.sources && !existsSync(join(folder, 'dist', 'bundle', 'main.js')))
    throw new Error('Aedile is not built. Build it (npm run build), or measure the sources (--sources).')
  const program = options.sources
    ? ['--conditions=aedile-source', '--disable-warning=ExperimentalWarning', join(folder, 'src', 'main.ts')]
    : [join(folder, 'bin', 'aedile.js')]
  // One file per server: which database, and the order in which they were started.
  let profiled = 0
  const profile = (database: Database) => {
    if (options.profileFolder === null) return []
    const name = `${database}-${++profiled}.cpuprofile`
    return ['--cpu-prof', '--cpu-prof-dir', options.profileFolder, '--cpu-prof-name', name]
  }
  const launch = (args: string[], env: Record<string, string>, nodeArgs: string[] = []): Launch => ({
    command: process.execPath,
    args: [...nodeArgs, ...program, ...args],
    env,
  })
  return {
    name: 'aedile',
    title: 'Aedile',
    version: readVersion(folder),
    server: ({ home, port, postgres }: ServerPlace) =>
      launch(
        ['server', 'start', '--port', String(port), '--json'],
        {
          AEDILE_HOME: home,
          ...(postgres && { AEDILE_DATABASE_URL: `postgres://postgres@127.0.0.1:${postgres.port}/${postgres.name}` }),
        },
        profile(postgres ? 'postgres' : 'sqlite'),
      ),
    worker: ({ apiUrl, home, pool, querySeconds, type, environment }) =>
      launch(['worker', 'start', '--pool', pool, '--type', type], {
        ...environment,
        AEDILE_HOME: home,
        AEDILE_API_URL: apiUrl,
        ...(querySeconds !== null && { AEDILE_WORKER_QUERY_SECONDS: String(querySeconds) }),
      }),
    cli: (args, { apiUrl, home }) => launch(args, { AEDILE_HOME: home, AEDILE_API_URL: apiUrl }),
    databaseFile: ({ home }) => join(home, 'aedile.db'),
  }
}

function readVersion(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version
}
