import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FULL_SCALE, QUICK_SCALE } from './groups/group.ts'
import { GROUPS } from './groups/index.ts'
import { readHead } from './head.ts'
import { measureAll } from './measure.ts'
import { type Options, parseOptions } from './options.ts'
import { findAedile } from './products/aedile.ts'
import { findGenuine } from './products/genuine.ts'
import type { Database, Product } from './products/product.ts'
import { toJson, toMarkdown } from './report.ts'
import { PostgresCluster } from './stage/postgres.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** Of this run alone, so that two runs do not clear each other's. */
const cache = join(root, '.cache', 'bench', String(process.pid))
const DATABASES: Database[] = ['sqlite', 'postgres']

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), { groups: GROUPS.map(({ name }) => name), databases: DATABASES })
  const products = findProducts(options)
  const databases = chooseDatabases(options)
  mkdirSync(cache, { recursive: true })
  const cluster = databases.includes('postgres') ? await PostgresCluster.start(cache) : null
  process.once('exit', () => {
    cluster?.stop()
    rmSync(cache, { recursive: true, force: true })
  })
  const rounds = options.quick ? 1 : 2
  const head = readHead({ root, products, cluster, rounds, measures: describeMeasure(options) })
  for (const [name, text] of Object.entries(head)) tell(`${name}: ${text}`)
  const { measured, failures } = await measureAll({
    groups: GROUPS.filter(({ name }) => options.only === null || options.only.includes(name)),
    databases,
    products,
    rounds,
    scale: options.quick ? QUICK_SCALE : FULL_SCALE,
    cache,
    cluster,
    tell,
  })
  const report = options.json ? toJson : toMarkdown
  // Whole before the process exits, also into a pipe.
  await new Promise<void>((done) => process.stdout.write(`${report({ head, products, measured, failures })}\n`, () => done()))
  if (failures.some(({ product, cause }) => product.name === 'aedile' && cause === 'product')) process.exitCode = 1
}

function findProducts(options: Options): Product[] {
  const profileFolder = options.profileFolder === null ? null : resolve(options.profileFolder)
  const ours = findAedile(root, { sources: options.sources, profileFolder })
  if (!options.peer) return [ours]
  return [ours, findGenuine(process.env.AEDILE_BENCH_PYTHON ?? join(root, '.cache', 'python'))]
}

function chooseDatabases({ databases }: Options): Database[] {
  const wanted = DATABASES.filter((name) => databases === null || databases.includes(name))
  if (!wanted.includes('postgres') || PostgresCluster.isInstalled()) return wanted
  tell('Postgres: skipped, it is not installed. On Debian: apt-get install postgresql')
  return wanted.filter((name) => name !== 'postgres')
}

function describeMeasure({ quick, sources }: Options): string {
  return `${quick ? 'quick (few samples: shows that it works, not how fast)' : 'in full'}, ${sources ? 'from the sources' : 'as built'}`
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}

// Ended from outside: leaving by process.exit lets what was started be killed.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

try {
  await main()
} catch (error) {
  tell((error as Error).message)
  process.exitCode = 1
}
// Connections kept alive must not hold the process that is done.
process.exit()
