import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Product, ServerPlace } from './product.ts'

/** A genuine Prefect in the given Python environment, in its default configuration; only its usage reports are off. */
export function findGenuine(environment: string): Product {
  const prefect = join(environment, 'bin', 'prefect')
  if (!existsSync(prefect))
    throw new Error(
      `There is no genuine Prefect in ${environment}. Install it (scripts/install-heavy.sh), or set AEDILE_BENCH_PYTHON.`,
    )
  const quiet = { PREFECT_SERVER_ANALYTICS_ENABLED: 'false', DO_NOT_TRACK: '1', PREFECT_CLI_PROMPT: 'false' }
  // `python` in a command is to be the environment's own.
  const path = { PATH: `${join(environment, 'bin')}:${process.env.PATH}` }
  return {
    name: 'genuine',
    title: 'Prefect',
    version: readVersion(environment),
    server: ({ home, port, postgres }: ServerPlace) => ({
      command: prefect,
      args: ['server', 'start', '--port', String(port)],
      env: {
        ...quiet,
        ...path,
        PREFECT_HOME: home,
        ...(postgres && {
          PREFECT_API_DATABASE_CONNECTION_URL: `postgresql+asyncpg://postgres@127.0.0.1:${postgres.port}/${postgres.name}`,
        }),
      },
    }),
    worker: ({ apiUrl, home, pool, querySeconds, type, environment }) => ({
      command: prefect,
      args: ['worker', 'start', '--pool', pool, '--type', type],
      env: {
        ...environment,
        ...quiet,
        ...path,
        PREFECT_HOME: home,
        PREFECT_API_URL: apiUrl,
        ...(querySeconds !== null && { PREFECT_WORKER_QUERY_SECONDS: String(querySeconds) }),
      },
    }),
    cli: (args, { apiUrl, home }) => ({
      command: prefect,
      args,
      env: { ...quiet, ...path, PREFECT_HOME: home, PREFECT_API_URL: apiUrl },
    }),
    databaseFile: ({ home }) => join(home, 'prefect.db'),
  }
}

function readVersion(environment: string): string {
  const script = 'import importlib.metadata as m; print(m.version("prefect"))'
  return spawnSync(join(environment, 'bin', 'python'), ['-c', script], { encoding: 'utf8' }).stdout.trim()
}
