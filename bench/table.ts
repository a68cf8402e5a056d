import { type Figure, summarizeFigure } from './figures.ts'
import type { Line } from './lines.ts'
import type { Failure } from './measure.ts'
import type { Database, Product } from './products/product.ts'
import type { Goal } from './targets.ts'

const DATABASE_TITLES: Record<Database, string> = { sqlite: 'SQLite', postgres: 'Postgres' }

const HEADS: Record<Product['name'], string[]> = {
  aedile: ['Aedile'],
  limit: ['limit', 'Aedile / limit'],
  genuine: ['Prefect', 'Aedile / Prefect'],
}

/** All lines as a Markdown table: ours with its target, the limit and a genuine server's figure with how far ours is from each. */
export function printTable(lines: Line[], products: Product[]): string {
  const names = products.map(({ name }) => name)
  const columns = ['what', 'database', ...names.flatMap((name) => HEADS[name]), 'target', 'verdict']
  const rows = lines.map((line) => {
    const cells = names.flatMap((name) => {
      const { figure, rounds, ratios } = line.products[name] ?? EMPTY
      const cell = figure === null ? '-' : writeCell(figure, rounds)
      return name === 'aedile' ? [cell] : [cell, name === 'limit' ? writeShares(ratios) : writeRatios(ratios)]
    })
    const goals = line.judgements.map(({ goal }) => writeGoal(goal)).join(', ')
    return [line.what, DATABASE_TITLES[line.database], ...cells, goals, writeVerdict(line)]
  })
  return [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const EMPTY = { figure: null, rounds: [], ratios: {} }

/** What could not be measured, one sentence each. */
export function printFailures(failures: Failure[]): string {
  const lines = failures.map(
    ({ group, database, product, reason }) =>
      `- ${product.title}, ${group.name}, ${DATABASE_TITLES[database]}: ${reason.split('\n').join('; ')}`,
  )
  // The same in each round is said once.
  return [...new Set(lines)].join('\n')
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

function writeRatios(ratios: Record<string, number>): string {
  return Object.values(ratios)
    .map((ratio) => `${number(ratio)}x`)
    .join(' / ')
}

function writeShares(ratios: Record<string, number>): string {
  return Object.values(ratios)
    .map((ratio) => `${number(ratio * 100)} %`)
    .join(' / ')
}

function writeGoal(goal: Goal): string {
  const name = goal.value === 'median' || goal.value === 'perSecond' ? '' : `${goal.value} `
  if (goal.value === 'errors') return 'none'
  if ('below' in goal) return `${name}< ${number(goal.below)}`
  return 'least' in goal ? `${name}>= ${number(goal.least)}` : `${name}>= ${goal.timesGenuine}x Prefect's best`
}

function writeVerdict({ verdict, judgements }: Line): string {
  if (verdict !== 'accepted' && verdict !== 'short') return verdict ?? ''
  const shares = judgements.filter((one) => one.verdict === verdict).flatMap(({ share }) => (share === null ? [] : [share]))
  const word = verdict === 'short' ? '**short**' : verdict
  return shares.length === 0 ? word : `${word} (${shares.map((share) => `${number(share * 100)} %`).join(', ')} of the limit)`
}

/** Three digits that count, no more. */
function number(value: number): string {
  if (Number.isNaN(value)) return '-'
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 3 })
}
