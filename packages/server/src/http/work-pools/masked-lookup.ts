import { parseJsonKeepingNumbers, type TemplateValue } from '@aedile/core/python-text'
import type { ReferenceLookup } from '@aedile/core/templates/references'
import type { Kysely } from 'kysely'
import type { Encryption } from '../../store/encryption.ts'
import type { BlockDocumentTable, Database } from '../../store/tables.ts'
import { loadBlockDocuments } from '../blocks/load-block-documents.ts'

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Blocks and variables for a rendering that is shown: secret fields are masked before anything is made of them. */
export function maskedLookup({ db, encryption }: { db: Kysely<Database>; encryption: Encryption }): ReferenceLookup {
  const load = async (row: BlockDocumentTable | undefined): Promise<{ data: { [key: string]: TemplateValue } } | null> =>
    row ? (await loadBlockDocuments({ db, encryption, includeSecrets: false }, [row]))[0]! : null
  return {
    readBlockDocument: async (slug, name) => {
      const query = db.selectFrom('block_document').innerJoin('block_type', 'block_type.id', 'block_document.block_type_id')
      const named = query.where('block_type.slug', '=', slug).where('block_document.name', '=', name)
      return load(await named.selectAll('block_document').executeTakeFirst())
    },
    readBlockDocumentById: async (id) => {
      if (!ID.test(id)) return null
      const query = db.selectFrom('block_document').selectAll().where('id', '=', id.toLowerCase())
      return load(await query.executeTakeFirst())
    },
    readVariable: async (name) => {
      const row = await db.selectFrom('variable').select('value').where('name', '=', name).executeTakeFirst()
      return row ? { value: parseJsonKeepingNumbers(row.value) } : null
    },
  }
}
