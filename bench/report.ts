import { summarizeFigure } from './figures.ts'
import type { Head } from './head.ts'
import { type Line, toLines } from './lines.ts'
import type { Failure, Measured } from './measure.ts'
import type { Product } from './products/product.ts'
import { printFailures, printTable } from './table.ts'

export type Report = { head: Head; products: Product[]; measured: Measured[]; failures: Failure[] }

/** The report for people. */
export function toMarkdown({ head, products, measured, failures }: Report): string {
  const lines = toLines(measured)
  const parts = [
    Object.entries(head)
      .map(([name, text]) => `- ${name}: ${text}`)
      .join('\n'),
    printTable(lines, products),
    countVerdicts(lines),
  ]
  if (failures.length > 0) parts.push(`Not measured:\n${printFailures(failures)}`)
  return parts.filter((part) => part !== '').join('\n\n')
}

/** The report for programs: times in milliseconds, memory in MiB; a ratio above 1 means that ours is better. */
export function toJson({ head, measured, failures }: Report): string {
  const rows = toLines(measured).map(({ products, ...line }) => ({
    ...line,
    ...Object.fromEntries(
      Object.entries(products).map(([name, { figure, rounds, ratios }]) => [
        name,
        { ...summarizeFigure(figure), rounds: rounds.map(summarizeFigure), ratios },
      ]),
    ),
  }))
  const failed = failures.map(({ group, database, product, reason }) => ({
    group: group.name,
    database,
    product: product.name,
    reason,
  }))
  return JSON.stringify({ head, rows, failures: failed }, null, 2)
}

function countVerdicts(lines: Line[]): string {
  const counts = new Map<string, number>()
  for (const { verdict } of lines) if (verdict !== null) counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
  if (counts.size === 0) return ''
  return `Rows with a target: ${[...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ')}.`
}
