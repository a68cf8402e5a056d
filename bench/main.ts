import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBelowFloors } from './floors.ts'
import { FULL_SCALE, QUICK_SCALE } from './groups/group.ts'
import { GROUPS } from './groups/index.ts'
import { type Head, readHead } from './head.ts'
import { toLines } from './lines.ts'
import { type Measured, measureAll, type Plan } from './measure.ts'
import { type Options, parseOptions } from './options.ts'
import { findAedile } from './products/aedile.ts'
import { findGenuine } from './products/genuine.ts'
import { buildLimit } from './products/limit.ts'
import type { Database, Product } from './products/product.ts'
import { toJson, toMarkdown } from './report.ts'
import { printSoak } from './soak/print-soak.ts'
import { type SoakReport, soak } from './soak/soak.ts'
import { PostgresCluster } from './stage/postgres.ts'
import { Stage } from './stage/stage.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** Of this run alone, so that two runs do not clear each other's. */
const cache = join(root, '.cache', 'bench', String(process.pid))
const DATABASES: Database[] = ['sqlite', 'postgres']
/** Only when it is named, and then alone. */
const SOAK = 'soak'

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), { groups: [...GROUPS.map(({ name }) => name), SOAK], databases: DATABASES })
  const products = await findProducts(options)
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
  if (options.only?.includes(SOAK)) return soakAll({ options, product: products[0]!, databases, cluster, head })
  const plan: Plan = {
    groups: GROUPS.filter(({ name }) => options.only === null || options.only.includes(name)),
    databases,
    products,
    rounds,
    scale: options.quick ? QUICK_SCALE : FULL_SCALE,
    // What is asked for by name is measured on all databases.
    quick: options.quick && options.only === null,
    cache,
    cluster,
    tell,
  }
  const { measured, failures } = await measureAll(plan)
  const report = { head, products, measured, failures }
  await print(options.json ? toJson(report) : toMarkdown(report))
  const file = options.jsonFile ?? (options.quick && options.only === null ? join(root, '.cache', 'bench-quick.json') : null)
  if (file !== null) writeFileSync(file, `${toJson(report)}\n`)
  if (failures.some(({ product, cause }) => product.name !== 'genuine' && cause === 'product')) process.exitCode = 1
  if (options.quick) await checkFloors(plan, measured)
}

type Soaking = { options: Options; product: Product; databases: Database[]; cluster: PostgresCluster | null; head: Head }

async function soakAll({ options, product, databases, cluster, head }: Soaking): Promise<void> {
  const reports: SoakReport[] = []
  // One database unless they are named: a soak is long.
  for (const database of options.databases === null ? databases.slice(0, 1) : databases) {
    const stage = new Stage(product, database, { cache, cluster })
    try {
      reports.push(await soak(stage, { minutes: options.minutes, rate: options.rate, tell }))
    } finally {
      await stage.close()
    }
  }
  const json = JSON.stringify({ head, soaks: reports }, null, 2)
  if (options.jsonFile !== null) writeFileSync(options.jsonFile, `${json}\n`)
  const top = Object.entries(head).map(([name, text]) => `- ${name}: ${text}`)
  await print(options.json ? json : [top.join('\n'), ...reports.map(printSoak)].join('\n\n'))
}

/** What lies below its floor is measured once more: something else may have been running just then. */
async function checkFloors(plan: Plan, measured: Measured[]): Promise<void> {
  const below = findBelowFloors(toLines(measured))
  if (below.length === 0) return
  for (const { sentence } of below) tell(`Below its floor, measured once more: ${sentence}`)
  const again = await measureAll({ ...plan, groups: plan.groups.filter(({ name }) => below.some(({ group }) => group === name)) })
  for (const { sentence } of findBelowFloors(toLines(again.measured))) {
    tell(`Below its floor: ${sentence}`)
    process.exitCode = 1
  }
}

/** Whole before the process exits, also into a pipe. */
async function print(text: string): Promise<void> {
  await new Promise<void>((done) => process.stdout.write(`${text}\n`, () => done()))
}

async function findProducts(options: Options): Promise<Product[]> {
  const profileFolder = options.profileFolder === null ? null : resolve(options.profileFolder)
  const ours = findAedile(root, { sources: options.sources, profileFolder })
  const limit = options.limits ? [await buildLimit(root, join(cache, 'limits'))] : []
  const genuine = options.peer ? [findGenuine(process.env.AEDILE_BENCH_PYTHON ?? join(root, '.cache', 'python'))] : []
  return [ours, ...limit, ...genuine]
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
