import { type Figure, mergeFigures, ratiosOf, summarizeFigure } from './figures.ts'
import type { Measured } from './measure.ts'
import type { Database, Product } from './products/product.ts'
import { goalsOf } from './targets.ts'
import { type Judgement, judge, type Verdict, worstOf } from './verdict.ts'

/** What one product gave for a line. `ratios`: how many times better ours is; above 1 it is, for rates as for times. */
type OfProduct = { figure: Figure; rounds: Figure[]; ratios: Record<string, number> }

/** One line of the table, with all that was measured for it and how ours is to be judged. */
export type Line = {
  group: string
  database: Database
  what: string
  kind: Figure['kind']
  products: Partial<Record<Product['name'], OfProduct>>
  judgements: Judgement[]
  verdict: Verdict | null
}

/** Puts the measurements of a line together; lines keep the order in which they came. */
export function toLines(measured: Measured[]): Line[] {
  const byLine = new Map<string, Measured[]>()
  for (const one of measured) {
    const key = `${one.group.name} ${one.database} ${one.what}`
    byLine.set(key, [...(byLine.get(key) ?? []), one])
  }
  return [...byLine.values()].map((line) => toLine(line, measured))
}

function toLine(line: Measured[], all: Measured[]): Line {
  const { group, database, what, figures } = line[0]!
  const merged = new Map(line.map((one) => [one.product.name, mergeFigures(one.figures)]))
  const ours = merged.get('aedile') ?? null
  const products = Object.fromEntries(
    line.map(({ product: { name }, figures: rounds }) => {
      const figure = merged.get(name)!
      return [name, { figure, rounds, ratios: name === 'aedile' ? {} : ratiosOf(ours, figure) }]
    }),
  )
  const beside = { limit: merged.get('limit') ?? null, bestGenuine: bestRateOf(all, { group: group.name, database }) }
  const judgements = ours === null ? [] : judge(ours, goalsOf({ group: group.name, database, what }), beside)
  return { group: group.name, database, what, kind: figures[0]!.kind, products, judgements, verdict: worstOf(judgements) }
}

/** The best of a genuine server's rates in a group on a database, whatever the number of connections. */
function bestRateOf(all: Measured[], { group, database }: { group: string; database: Database }): number | null {
  const rates = all
    .filter((one) => one.product.name === 'genuine' && one.group.name === group && one.database === database)
    .map((one) => mergeFigures(one.figures))
    .flatMap((figure) => (figure.kind === 'rate' ? [summarizeFigure(figure).values.perSecond!] : []))
  return rates.length === 0 ? null : Math.max(...rates)
}
