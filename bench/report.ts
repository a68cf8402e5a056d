import { mergeFigures, summarizeFigure } from './figures.ts'
import type { Head } from './head.ts'
import type { Failure, Measured } from './measure.ts'
import type { Product } from './products/product.ts'
import { linesOf, printFailures, printTable, ratiosOf } from './table.ts'

export type Report = { head: Head; products: Product[]; measured: Measured[]; failures: Failure[] }

/** The report for people. */
export function toMarkdown({ head, products, measured, failures }: Report): string {
  const parts = [
    Object.entries(head)
      .map(([name, text]) => `- ${name}: ${text}`)
      .join('\n'),
    printTable(measured, products),
  ]
  if (failures.length > 0) parts.push(`Not measured:\n${printFailures(failures)}`)
  return parts.join('\n\n')
}

/** The report for programs: times in milliseconds, a ratio above 1 means that ours is better. */
export function toJson({ head, measured, failures }: Report): string {
  const rows = linesOf(measured).map((line) => {
    const merged = Object.fromEntries(line.map(({ product, figures }) => [product.name, mergeFigures(figures)]))
    const described = line.map(({ product, figures }) => [
      product.name,
      { ...summarizeFigure(merged[product.name]!), rounds: figures.map(summarizeFigure) },
    ])
    const { group, database, what, figures } = line[0]!
    return {
      group: group.name,
      database,
      what,
      kind: figures[0]!.kind,
      ...Object.fromEntries(described),
      ratios: ratiosOf(merged.aedile ?? null, merged.genuine ?? null),
    }
  })
  const failed = failures.map(({ group, database, product, reason }) => ({
    group: group.name,
    database,
    product: product.name,
    reason,
  }))
  return JSON.stringify({ head, rows, failures: failed }, null, 2)
}
