import type { Figure, Result } from './figures.ts'
import { type Group, MissingOnMachine, type Scale } from './groups/group.ts'
import type { Database, Product } from './products/product.ts'
import type { PostgresCluster } from './stage/postgres.ts'
import { Stage } from './stage/stage.ts'

export type Plan = {
  groups: Group[]
  databases: Database[]
  /** One, or ours and its peer. */
  products: Product[]
  rounds: number
  scale: Scale
  /** Only the databases that a quick run takes. */
  quick: boolean
  cache: string
  cluster: PostgresCluster | null
  tell: (text: string) => void
}

/** All that one product gave for one line of the table: a figure per round. */
export type Measured = { group: Group; database: Database; what: string; product: Product; figures: Figure[] }
/** A product that could not be measured, and why; `machine`: because of what the machine does not have. */
export type Failure = { group: Group; database: Database; product: Product; reason: string; cause: 'machine' | 'product' }

/** Measures everything, each product as often as there are rounds; which of two goes first alternates. */
export async function measureAll(plan: Plan): Promise<{ measured: Measured[]; failures: Failure[] }> {
  const measured: Measured[] = []
  const failures: Failure[] = []
  for (const group of plan.groups) {
    const databases = plan.quick ? (group.quickDatabases ?? group.databases) : group.databases
    if (databases.length > 0) plan.tell(`\n${group.title}`)
    const startedAt = performance.now()
    for (const database of databases.filter((name) => plan.databases.includes(name))) {
      for (let round = 1; round <= plan.rounds; round++) {
        const order = round % 2 === 1 ? plan.products : plan.products.toReversed()
        for (const product of order) {
          const tell = (text: string) => plan.tell(`[${group.name}, ${database}, round ${round}] ${product.title}: ${text}`)
          try {
            const results = await measureOnce(plan, { group, database, product, tell })
            for (const result of results) add(measured, { group, database, product }, result)
          } catch (error) {
            const reason = (error as Error).message
            tell(`failed: ${reason}`)
            const cause = error instanceof MissingOnMachine ? 'machine' : 'product'
            failures.push({ group, database, product, reason, cause })
          }
        }
      }
    }
    if (databases.length > 0) plan.tell(`${group.name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
  }
  return { measured, failures }
}

async function measureOnce(
  { cache, cluster, scale }: Plan,
  { group, database, product, tell }: { group: Group; database: Database; product: Product; tell: (text: string) => void },
): Promise<Result[]> {
  const stage = new Stage(product, database, { cache, cluster })
  try {
    return await group.measure(stage, scale, tell)
  } finally {
    await stage.close()
  }
}

function add(measured: Measured[], of: Pick<Measured, 'group' | 'database' | 'product'>, { what, figure }: Result): void {
  const line = measured.find(
    (one) => one.what === what && one.group === of.group && one.database === of.database && one.product === of.product,
  )
  if (line) line.figures.push(figure)
  else measured.push({ ...of, what, figures: [figure] })
}
