import { filterBlockDocuments, readBlockTypeBySlug } from '@aedile/core/client/blocks'
import type { JsonObject } from '@aedile/core/json'
import type { CliContext } from '../../cli-context.ts'

/** Lists the blocks. */
export async function run({ client, print }: CliContext, { type }: { type?: string }): Promise<void> {
  const ofType: JsonObject = type === undefined ? {} : { block_type_id: { any_: [(await readBlockTypeBySlug(client, type)).id] } }
  const blocks = await filterBlockDocuments(client, { block_documents: { is_anonymous: { eq_: false }, ...ofType } })
  await print.result(blocks, () =>
    print.table(
      ['Type', 'Name', 'Capabilities', 'Id'],
      blocks.map((block) => [
        block.block_type?.slug,
        block.name,
        [...(block.block_schema?.capabilities ?? [])].sort().join(', '),
        block.id,
      ]),
      'There are no blocks yet. Save one: aedile block create secret --name NAME --set value=VALUE',
    ),
  )
}
