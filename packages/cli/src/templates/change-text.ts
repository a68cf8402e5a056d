import type { JsonValue } from '@aedile/core/json'
import { isWording, type TemplateChange } from '@aedile/core/templates/template-diff'
import type { Printer } from '../text/printer.ts'

const WIDTH = 60

/** A value on one line, shortened; absence is a dash. */
export function valueText(value: JsonValue | undefined): string {
  if (value === undefined) return '-'
  const text = JSON.stringify(value)
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 3)}...` : text
}

/** Prints changes as a table. Those of titles and descriptions are only counted: they have no effect on what is created. */
export async function printChanges(print: Printer, changes: readonly TemplateChange[], empty: string): Promise<void> {
  const shown = changes.filter((change) => !isWording(change))
  const hidden = changes.length - shown.length
  await print.table(
    ['Change', 'Where', 'Before', 'After'],
    shown.map(({ kind, pointer, before, after }) => [kind, pointer || '/', valueText(before), valueText(after)]),
    empty,
  )
  if (hidden > 0) print.line(`And ${hidden} in titles, descriptions and examples, which --json lists.`)
}
