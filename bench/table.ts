import { type Figure, mergeFigures, summarizeFigure } from './figures.ts'
import type { Failure, Measured } from './measure.ts'
import type { Database, Product } from './products/product.ts'

const DATABASE_TITLES: Record<Database, string> = { sqlite: 'SQLite', postgres: 'Postgres' }

/** All lines as a Markdown table: what, database, a column for each product, and the ratio of two. */
export function printTable(measured: Measured[], products: Product[]): string {
  const columns = ['what', 'database', ...products.map(({ title }) => title), ...(products.length > 1 ? ['ratio'] : [])]
  const lines = linesOf(measured).map((line) => {
    const figures = products.map((product) => line.find((one) => one.product === product)?.figures ?? [])
    const merged = figures.map((rounds) => (rounds.length > 0 ? mergeFigures(rounds) : null))
    const cells = figures.map((rounds, index) => (merged[index] ? writeCell(merged[index], rounds) : '-'))
    const ratio = products.length > 1 ? [writeRatio(merged[0] ?? null, merged[1] ?? null)] : []
    return [line[0]!.what, DATABASE_TITLES[line[0]!.database], ...cells, ...ratio]
  })
  return [columns, columns.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** What could not be measured, one sentence each. */
export function printFailures(failures: Failure[]): string {
  const lines = failures.map(
    ({ group, database, product, reason }) =>
      `- ${product.title}, ${group.name}, ${DATABASE_TITLES[database]}: ${reason.split('\n').join('; ')}`,
  )
  // The same in each round is said once.
  return [...new Set(lines)].join('\n')
}

/** The measurements of one line stand together; lines keep the order in which they came. */
export function linesOf(measured: Measured[]): Measured[][] {
  const lines = new Map<string, Measured[]>()
  for (const one of measured) {
    const key = `${one.group.name} ${one.database} ${one.what}`
    lines.set(key, [...(lines.get(key) ?? []), one])
  }
  return [...lines.values()]
}

function writeCell(figure: Figure, rounds: Figure[]): string {
  const { n } = summarizeFigure(figure)
  switch (figure.kind) {
    case 'rate':
      return `${number(figure.count / figure.seconds)} ${figure.unit}/s${range(rounds)} (n=${n.toLocaleString('en')})`
    case 'times':
      return n === 0 ? '- (n=0)' : `${writeTimes(figure)} (n=${n.toLocaleString('en')})`
    case 'amount':
      return `${number(summarizeFigure(figure).values.median!)} ${figure.unit}${range(rounds)} (n=${n})`
    case 'count':
      return n.toLocaleString('en')
    case 'errors':
      return writeErrors(figure.counts, figure.tries)
  }
}

function writeTimes(figure: Figure): string {
  const values = summarizeFigure(figure).values
  if (values.median === undefined) return `${number(values.p50!)} / ${number(values.p95!)} / ${number(values.p99!)} ms`
  if (summarizeFigure(figure).n === 1) return `${number(values.median)} ms`
  return `${number(values.median)} ms [${number(values.least!)} to ${number(values.most!)}]`
}

function writeErrors(counts: Record<string, number>, tries: number): string {
  const parts = Object.entries(counts).map(([name, count]) => `${count} x ${name}`)
  return `${parts.length === 0 ? 'none' : parts.join(', ')} (n=${tries.toLocaleString('en')})`
}

/** The least and the most of the rounds, where there were several. */
function range(rounds: Figure[]): string {
  if (rounds.length < 2) return ''
  const values = rounds.map((figure) => summarizeFigure(figure).values).map((each) => each.perSecond ?? each.median!)
  return ` [${number(Math.min(...values))} to ${number(Math.max(...values))}]`
}

/** How many times better ours is: above 1 it is, for rates as for times. */
export function ratiosOf(ours: Figure | null, theirs: Figure | null): Record<string, number> {
  if (!ours || !theirs || ours.kind === 'errors' || ours.kind === 'count') return {}
  const [a, b] = [summarizeFigure(ours).values, summarizeFigure(theirs).values]
  const names = Object.keys(a).filter((name) => name !== 'least' && name !== 'most')
  const ratios = names.map((name) => [name, ours.kind === 'rate' ? a[name]! / b[name]! : b[name]! / a[name]!] as const)
  return Object.fromEntries(ratios.filter(([, ratio]) => Number.isFinite(ratio)))
}

function writeRatio(ours: Figure | null, theirs: Figure | null): string {
  const ratios = Object.values(ratiosOf(ours, theirs))
  return ratios.length === 0 ? '' : ratios.map((ratio) => `${number(ratio)}x`).join(' / ')
}

/** Three digits that count, no more. */
function number(value: number): string {
  if (Number.isNaN(value)) return '-'
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 3 })
}
