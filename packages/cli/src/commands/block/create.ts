import {
  createBlockDocument,
  filterBlockSchemas,
  readBlockDocumentByName,
  readBlockTypeBySlug,
  updateBlockDocument,
} from '@aedile/core/client/blocks'
import { isAedileError } from '@aedile/core/errors'
import type { JsonObject } from '@aedile/core/json'
import { type FieldOptions, readFields, toAttributes } from '../../blocks/read-fields.ts'
import type { CliContext } from '../../cli-context.ts'
import { findBlockClass } from '../../compose/block-classes.ts'
import { CliFailure } from '../../failure.ts'

type CreateOptions = FieldOptions & { name: string; overwrite?: boolean }

/** Saves a block: of an installed class, else of a type that the server knows. */
export async function run(context: CliContext, options: CreateOptions, slug: string): Promise<void> {
  const { name, overwrite = false } = options
  const fields = readFields(options)
  const id = await refuseTaken(`${slug}/${name}`, async () => {
    const type = await findBlockClass(context, slug)
    if (!type) return saveOfServer(context, slug, { name, fields, overwrite })
    const block = type.fromAttributes(await toAttributes(context, type, fields))
    return block.save(name, { overwrite, client: context.client })
  })
  await context.print.result({ id, type: slug, name }, () => context.print.line(`Saved block ${slug}/${name}.`))
}

/** The newest schema of the type counts. */
async function saveOfServer(
  { client }: CliContext,
  slug: string,
  { name, fields, overwrite }: { name: string; fields: JsonObject; overwrite: boolean },
): Promise<string> {
  const type = await readBlockTypeBySlug(client, slug)
  const [schema] = await filterBlockSchemas(client, { block_schemas: { block_type_id: { any_: [type.id] } }, limit: 1 })
  if (!schema)
    throw new CliFailure(`The block type ${slug} has no schema on this server: save a block of it once from its class.`)
  try {
    const body = { name, data: fields, block_schema_id: schema.id, block_type_id: type.id, is_anonymous: false }
    return (await createBlockDocument(client, body)).id
  } catch (error) {
    if (!overwrite || !isAedileError(error, 'api_conflict')) throw error
  }
  const { id } = await readBlockDocumentByName(client, slug, name, { includeSecrets: false })
  await updateBlockDocument(client, id, { block_schema_id: schema.id, data: fields, merge_existing_data: false })
  return id
}

async function refuseTaken<T>(label: string, save: () => Promise<T>): Promise<T> {
  try {
    return await save()
  } catch (error) {
    if (!isAedileError(error, 'api_conflict')) throw error
    throw new CliFailure(`There is a block ${label} already. Add --overwrite to replace it.`)
  }
}
