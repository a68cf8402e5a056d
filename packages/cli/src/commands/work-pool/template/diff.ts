import { diffTemplates } from '@aedile/core/templates/template-diff'
import type { CliContext } from '../../../cli-context.ts'
import { printChanges } from '../../../templates/change-text.ts'
import { namedTemplate } from '../../../templates/named-template.ts'
import { readPoolAndType } from '../../../templates/pool-template.ts'

/** Shows what a pool's template changes against its type's default. */
export async function run(context: CliContext, { to }: { to: string }, name: string): Promise<void> {
  const { print } = context
  const { pool, definition } = await readPoolAndType(context, name)
  const changes = diffTemplates(namedTemplate(definition, to), pool.base_job_template)
  await print.result(changes, () => printChanges(print, changes, `${name} does what ${to} does.`))
}
