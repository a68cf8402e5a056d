import { inspect } from 'node:util'
import type { BlockClass } from '@aedile/core/blocks/block-class'
import { saveBlock } from '@aedile/core/blocks/save-block'
import { readBlockDocumentByName } from '@aedile/core/client/blocks'
import type { ApiClient } from '@aedile/core/client/client'
import { AedileError } from '@aedile/core/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { listViolations } from '@aedile/core/json-schema-violations'
import { openScriptClient } from './script-settings.ts'
import { readStoredBlock, type StoredAs, type StoredBlock, toAttributeName } from './stored-block.ts'

/** What stands in place of a secret where a block is shown. */
const MASK = '********'

/** How a block is saved. */
export type SaveOptions = {
  /** Replace the block of this name, if there is one. Default false. */
  overwrite?: boolean
  /** The API. Default: the one of the environment and the profile in use. */
  client?: ApiClient
}

/** How a block is loaded. */
export type LoadOptions = {
  /** The API. Default: the one of the environment and the profile in use. */
  client?: ApiClient
}

/** A class whose instances are blocks: its description, and how one is made of stored fields under attribute names. */
export type BlockConstructor<Instance extends Block = Block> = {
  readonly blockClass: BlockClass
  /** Classes of the blocks in its fields, by stored name. */
  readonly nestedClasses: Readonly<Record<string, BlockConstructor>>
  fromAttributes(attributes: Record<string, unknown>): Instance
}

/** Where blocks were saved or loaded; beside them, so that a copy is another block. */
const places = new WeakMap<Block, StoredAs>()

/**
 * A typed configuration that a server keeps under a name. Attributes are camelCase here and snake_case on the server, so
 * that other clients read the same block.
 */
export abstract class Block {
  static readonly nestedClasses: Readonly<Record<string, BlockConstructor>> = {}

  /** The id of its document, once it was saved or loaded; else null. */
  get documentId(): string | null {
    return places.get(this)?.id ?? null
  }

  /**
   * Saves the block on the server under this name and resolves with the id of its document. The server encrypts it.
   * Registers the class before. A block in it is referred to when it was saved itself, otherwise stored with it.
   * @throws AedileError `api_conflict` when the name is taken and `overwrite` is not set; `api_unreachable`.
   */
  async save(name: string, { overwrite = false, client = openScriptClient() }: SaveOptions = {}): Promise<string> {
    const { blockClass } = constructorOf(this)
    const id = await saveBlock(client, blockClass, { name, data: this.toStored(), overwrite })
    places.set(this, { id, name })
    return id
  }

  /** The data as it is stored: stored names, secrets in the clear, a saved block in it as its reference. */
  toStored(): JsonObject {
    return collectFields(this, (value) => (value instanceof Block ? toReference(value) : (value as JsonValue)))
  }

  /** The data for people: stored names, secrets masked. */
  toJSON(): JsonObject {
    const { blockClass } = constructorOf(this)
    const shown = collectFields(this, (value) => (value instanceof Block ? value.toJSON() : (value as JsonValue)))
    const secrets = blockClass.secretFields.filter((field) => shown[field] !== null)
    return { ...shown, ...Object.fromEntries(secrets.map((field) => [field, MASK])) }
  }

  [inspect.custom](): string {
    return `${constructorOf(this).blockClass.title} ${inspect(this.toJSON())}`
  }
}

/**
 * Loads a block of this class by name, with its secrets.
 * @throws AedileError `api_not_found`, `api_unreachable`.
 */
export async function loadBlock<Instance extends Block>(
  type: BlockConstructor<Instance>,
  name: string,
  { client = openScriptClient() }: LoadOptions = {},
): Promise<Instance> {
  const document = await readBlockDocumentByName(client, type.blockClass.slug, name, { includeSecrets: true })
  const stored = readStoredBlock(document)
  warnOfUnknown(type, stored)
  const block = toBlock(type, stored)
  places.set(block, { id: document.id, name: document.name })
  return block
}

/**
 * Makes a block of stored data. Fields that the class does not know are left out; null is the default.
 * @throws AedileError `block_invalid` for a value that its field's schema does not allow.
 */
export function toBlock<Instance extends Block>(type: BlockConstructor<Instance>, { data, nested }: StoredBlock): Instance {
  const attributes: Record<string, unknown> = {}
  for (const field of Object.keys(type.blockClass.properties)) {
    const value = data[field] ?? null
    if (value === null) continue
    checkField(type.blockClass, field, value)
    attributes[toAttributeName(field)] = value
  }
  for (const [field, nestedType] of Object.entries(type.nestedClasses)) {
    const value = data[field] ?? null
    if (value === null) continue
    if (!isJsonObject(value)) {
      const what = `The field ${field} of ${type.blockClass.title} is not valid: expected a ${nestedType.blockClass.title}.`
      throw new AedileError('block_invalid', { what })
    }
    const block = toBlock(nestedType, { data: value, nested: {} })
    if (nested[field]) places.set(block, nested[field])
    attributes[toAttributeName(field)] = block
  }
  return type.fromAttributes(attributes)
}

/**
 * Checks a stored value. It is not told in the error: it may be a secret.
 * @throws AedileError `block_invalid`.
 */
export function checkField({ title, properties }: BlockClass, field: string, value: JsonValue): void {
  const schema = properties[field]!
  if (listViolations(value, schema).length === 0) return
  const { title: _title, description: _description, default: _default, ...expected } = schema
  const what = `The field ${field} of ${title} is not valid: expected ${JSON.stringify(expected)}.`
  throw new AedileError('block_invalid', { what })
}

/** Other generations of a class have fields that ours has not, e.g. a limit of memory: to leave them out in silence would surprise. */
function warnOfUnknown({ blockClass }: BlockConstructor, { data }: StoredBlock): void {
  const { title, slug, properties, nested } = blockClass
  const isKnown = (field: string) =>
    Object.hasOwn(properties, field) || Object.hasOwn(nested, field) || field === 'block_type_slug'
  const unknown = Object.keys(data).filter((field) => !isKnown(field) && data[field] !== null && data[field] !== false)
  if (unknown.length === 0) return
  process.emitWarning(
    `A block of ${slug} has fields that the class ${title} does not have and leaves out: ${unknown.join(', ')}.`,
    { code: 'AEDILE_BLOCK_FIELDS' },
  )
}

function collectFields(block: Block, convert: (value: unknown) => JsonValue): JsonObject {
  const { properties, nested } = constructorOf(block).blockClass
  const attributes = block as unknown as Record<string, unknown>
  const fields = [...Object.keys(properties), ...Object.keys(nested)]
  return Object.fromEntries(fields.map((field) => [field, convert(attributes[toAttributeName(field)] ?? null)]))
}

function toReference(block: Block): JsonObject {
  const id = block.documentId
  if (id !== null) return { $ref: { block_document_id: id } }
  return { ...block.toStored(), block_type_slug: constructorOf(block).blockClass.slug }
}

function constructorOf(block: Block): BlockConstructor {
  return block.constructor as unknown as BlockConstructor
}
