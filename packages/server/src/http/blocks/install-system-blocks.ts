import { randomUUID } from 'node:crypto'
import { nowMicroseconds } from '@aedile/core/time'
import type { Store } from '../../store/store.ts'
import { computeSchemaChecksum } from './checksum.ts'
import { ensureBlockSchema } from './ensure-block-schema.ts'
import { SYSTEM_BLOCKS } from './system-blocks.ts'

/** Makes the block types that every server has. Those that exist stay as they are. */
export async function installSystemBlocks(store: Store): Promise<void> {
  await store.write(async ({ db }) => {
    for (const block of SYSTEM_BLOCKS) {
      const now = nowMicroseconds()
      await db
        .insertInto('block_type')
        .values({
          id: randomUUID(),
          created: now,
          updated: now,
          name: block.name,
          slug: block.slug,
          logo_url: null,
          documentation_url: null,
          description: block.description,
          code_example: null,
          is_protected: block.isProtected ? 1 : 0,
        })
        .onConflict((conflict) => conflict.column('slug').doNothing())
        .execute()
      const type = await db.selectFrom('block_type').select('id').where('slug', '=', block.slug).executeTakeFirstOrThrow()
      await ensureBlockSchema(db, {
        checksum: computeSchemaChecksum(JSON.stringify(block.fields)),
        fields: block.fields,
        block_type_id: type.id,
        capabilities: block.capabilities,
        version: 'non-versioned',
      })
    }
  })
}
