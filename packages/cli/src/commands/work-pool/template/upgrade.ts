import { updateWorkPool } from '@aedile/core/client/work-pools'
import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { findNearestTemplate, isSame } from '@aedile/core/templates/template-diff'
import { settleBy, type Upgrade, upgradeTemplate } from '@aedile/core/templates/upgrade'
import type { CliContext } from '../../../cli-context.ts'
import { CliFailure, EXIT_CODES } from '../../../failure.ts'
import { acceptTemplate } from '../../../templates/accept-template.ts'
import { printChanges, valueText } from '../../../templates/change-text.ts'
import { namedTemplate } from '../../../templates/named-template.ts'
import { readPoolAndType } from '../../../templates/pool-template.ts'

type Options = { from?: string; to?: string; ours?: string[]; theirs?: string[]; dryRun?: boolean; lint?: boolean }

/** Merges the present default into a pool's edited template. Saves it only when nothing is left open. */
export async function run(context: CliContext, options: Options, name: string): Promise<void> {
  const { client, print } = context
  const { pool, definition } = await readPoolAndType(context, name)
  const ours = pool.base_job_template
  if (Object.keys(ours).length === 0) throw new CliFailure(`The template of ${name} is empty: the first worker fills it in.`)
  const base = options.from === undefined ? findEdited(definition, ours) : namedTemplate(definition, options.from)
  const theirs = namedTemplate(definition, options.to ?? (base === definition.extendedBaseJobTemplate ? 'extended' : 'default'))
  const choices = readChoices(options)
  const upgrade = upgradeTemplate({ base, ours, theirs }, settleBy(choices))
  refuseIdleChoices(choices, upgrade)

  const open = upgrade.conflicts.filter(({ chosen }) => chosen === null)
  const isChanged = !isSame(upgrade.template, ours)
  const linting = open.length === 0 && isChanged ? acceptTemplate(context, upgrade.template, options) : null
  const isSaved = linting !== null && !options.dryRun
  if (isSaved) await updateWorkPool(client, name, { base_job_template: upgrade.template }, linting)

  await print.result({ ...upgrade, saved: isSaved }, async () => {
    await printChanges(print, upgrade.taken, 'The new default brings nothing.')
    await printConflicts(context, upgrade)
    print.line(`Your edits that stay: ${upgrade.kept.length}.`)
    if (isSaved) print.line(`Upgraded the template of ${name}.`)
    else if (!isChanged && open.length === 0) print.line(`The template of ${name} is up to date.`)
    else if (open.length === 0) print.line('A dry run: nothing was saved.')
  })
  if (open.length === 0) return
  const [first] = open
  throw new CliFailure(
    `Nothing was saved: ${open.length} ${open.length === 1 ? 'conflict is' : 'conflicts are'} open. Settle each with --ours or --theirs, such as --ours '${first!.pointer}', or every one with --ours all.`,
  )
}

/** The published default that the pool's template most likely came from. */
function findEdited(definition: InfrastructureDefinition, ours: JsonObject): JsonObject {
  const { defaultBaseJobTemplate, extendedBaseJobTemplate, olderBaseJobTemplates = [] } = definition
  const candidates = [
    defaultBaseJobTemplate,
    ...(extendedBaseJobTemplate ? [extendedBaseJobTemplate] : []),
    ...olderBaseJobTemplates,
  ]
  return findNearestTemplate<JsonObject>(ours, candidates) ?? defaultBaseJobTemplate
}

type Choices = { ours: string[]; theirs: string[] }

function readChoices({ ours = [], theirs = [] }: Options): Choices {
  const toPointer = (given: string) => {
    if (given === 'all') return ''
    if (given.startsWith('/')) return given
    throw new CliFailure(`A place is a JSON pointer such as /job_configuration/image, found ${given}.`, EXIT_CODES.usage.code)
  }
  const choices = { ours: ours.map(toPointer), theirs: theirs.map(toPointer) }
  const both = choices.ours.find((pointer) => choices.theirs.includes(pointer))
  if (both === undefined) return choices
  throw new CliFailure(`Say --ours or --theirs for ${both || 'all'}, not both.`, EXIT_CODES.usage.code)
}

/** A mistyped pointer would settle nothing in silence. */
function refuseIdleChoices({ ours, theirs }: Choices, { conflicts }: Upgrade): void {
  const idle = [...ours, ...theirs].find(
    (choice) => choice !== '' && !conflicts.some(({ pointer }) => pointer === choice || pointer.startsWith(`${choice}/`)),
  )
  if (idle === undefined) return
  const known = conflicts.map(({ pointer }) => `\n  ${pointer}`).join('') || ' none'
  throw new CliFailure(`There is no conflict at ${idle}. Conflicts:${known}`, EXIT_CODES.usage.code)
}

async function printConflicts({ print }: CliContext, { conflicts }: Upgrade): Promise<void> {
  if (conflicts.length === 0) return
  print.line('')
  await print.table(
    ['Conflict', 'It was', 'Yours (--ours)', 'New default (--theirs)', 'Settled'],
    conflicts.map(({ pointer, base, ours, theirs, chosen }) => [
      pointer,
      valueText(base),
      valueText(ours),
      valueText(theirs),
      chosen ?? 'no',
    ]),
    '',
  )
}
