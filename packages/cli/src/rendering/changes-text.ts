import type { RenderingChange } from '@aedile/core/rendering/compare-renderings'
import { SECRET_MASK } from '@aedile/core/rendering/hide-secrets'
import { describeOrigin } from '@aedile/core/rendering/origin-text'
import type { Printer } from '../text/printer.ts'

const SHOWN_CHARACTERS = 60

/** Prints what differs between two renderings as a table. */
export async function printChanges(print: Printer, changes: RenderingChange[], names: [string, string]): Promise<void> {
  const columns = ['Field', ...names.flatMap((name) => [name, 'from'])]
  const rows = changes.map(({ pointer, here, there }) => [pointer, ...[here, there].flatMap((side) => cells(side, pointer))])
  await print.table(columns, rows, `${names[0]} and ${names[1]} render to the same request.`)
  const isMasked = changes.some(({ here, there }) => JSON.stringify([here.value, there.value]).includes(SECRET_MASK))
  if (isMasked) print.note(`Secrets are masked (${SECRET_MASK}), and compared as such.`)
}

function cells({ value, origin }: RenderingChange['here'], pointer: string): string[] {
  const text = value === undefined ? '-' : JSON.stringify(value)
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
  return [shown, origin ? describeOrigin(origin, pointer) : '']
}
