import { deleteBlockDocument } from '@aedile/core/client/blocks'
import { blockLabel, findBlock } from '../../blocks/find-block.ts'
import type { CliContext } from '../../cli-context.ts'
import { confirmDeletion } from '../../options/confirm.ts'

/** Deletes a block. */
export async function run(context: CliContext, options: { yes?: boolean }, text: string): Promise<void> {
  const block = await findBlock(context, text)
  await confirmDeletion(options.yes, `Delete block ${blockLabel(block)}?`)
  await deleteBlockDocument(context.client, block.id)
  await context.print.result({ deleted: block.id }, () => context.print.line(`Deleted block ${blockLabel(block)}.`))
}
