import type { Json, Row } from './api.ts'
import { canonicalText, type Told } from './rows.ts'

/** What differs between two tellings, one line for each fact. Rows that both tell are left out. */
export function findDifferences(expected: Told, found: Told): string[] {
  return (['deployments', 'workPools', 'flowRuns', 'taskRuns', 'logs', 'events'] as const).flatMap((table) =>
    compareTables(table, expected[table], found[table]),
  )
}

function compareTables(table: string, expected: Row[], found: Row[]): string[] {
  const missing = without(expected, found)
  const extra = without(found, expected)
  if (missing.length === 0 && extra.length === 0) {
    const inOrder = expected.every((row, index) => canonicalText(row) === canonicalText(found[index]!))
    return inOrder
      ? []
      : [`${table}: the same rows in another order: ${canonicalText(found)} instead of ${canonicalText(expected)}`]
  }
  const lines: string[] = []
  for (const row of missing) {
    const index = extra.findIndex((other) => keyOf(other) === keyOf(row))
    const other = index < 0 ? null : extra.splice(index, 1)[0]!
    if (other === null) lines.push(`${table}: missing ${canonicalText(row)}`)
    else lines.push(...compareValues(`${table}[${keyOf(row)}]`, row, other))
  }
  return [...lines, ...extra.map((row) => `${table}: one too many ${canonicalText(row)}`)]
}

/** The rows of a list that another does not have, as often as they are in the first. */
function without(rows: Row[], others: Row[]): Row[] {
  const texts = others.map(canonicalText)
  return rows.filter((row) => {
    const index = texts.indexOf(canonicalText(row))
    if (index >= 0) texts.splice(index, 1)
    return index < 0
  })
}

/** What a row is about, so that two tellings of one thing are compared with each other. */
function keyOf(row: Row): string {
  return [row.of, row.task, row.name, row.level, row.event, (row.about as Row | undefined)?.['prefect.resource.name']]
    .filter((part) => part !== undefined && part !== null)
    .join(' / ')
}

function compareValues(path: string, expected: Json | undefined, found: Json | undefined): string[] {
  if (isComposite(expected) && isComposite(found)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(found)])
    return [...keys].flatMap((key) => compareValues(`${path}.${key}`, entryOf(expected, key), entryOf(found, key)))
  }
  if (expected === found) return []
  return [`${path}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`]
}

function isComposite(value: Json | undefined): value is Json[] | Row {
  return typeof value === 'object' && value !== null
}

function entryOf(value: Json[] | Row, key: string): Json | undefined {
  return Array.isArray(value) ? value[Number(key)] : value[key]
}
