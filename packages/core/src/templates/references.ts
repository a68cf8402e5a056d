import { MAXIMUM_DEPTH } from '../depth.ts'
import { AedileError } from '../errors.ts'
import { isTemplateObject, pythonStr, type TemplateValue } from '../python-text.ts'
import { followKeyPath } from './key-path.ts'
import { BLOCK_PREFIX, joinPointer, type Placeholder, parseTemplate, VARIABLE_PREFIX } from './placeholders.ts'

/** Reads what templates refer to. Null for what does not exist. Block data comes with its secrets. */
export interface ReferenceLookup {
  readBlockDocument(typeSlug: string, name: string): Promise<{ data: { [key: string]: TemplateValue } } | null>
  readBlockDocumentById(id: string): Promise<{ data: { [key: string]: TemplateValue } } | null>
  readVariable(name: string): Promise<{ value: TemplateValue } | null>
}

/** Told of each reference that was replaced. */
export type OnReplaced = (pointer: string, through: string, value: TemplateValue) => void

/**
 * Whether values may hold, or become part of, a reference. Never wrongly false; true for any brace in a text.
 * @throws AedileError `job_variable_invalid` for values that are nested too deeply to be rendered.
 */
export function inspectReferences(values: { [key: string]: TemplateValue } | null | undefined): boolean {
  if (!values) return false
  let mayRefer = false
  for (const key of Object.keys(values)) {
    // All of them, because the depth is checked as well.
    if (inspect(values[key]!, 1)) mayRefer = true
    else if (key === '$ref') mayRefer = true
  }
  return mayRefer
}

function inspect(value: TemplateValue, depth: number): boolean {
  if (typeof value === 'string') return value.includes('{')
  if (typeof value !== 'object' || value === null) return false
  if (depth > MAXIMUM_DEPTH)
    throw new AedileError('job_variable_invalid', { pointer: '/', why: `it is nested more than ${MAXIMUM_DEPTH} levels deep` })
  let mayRefer = false
  if (Array.isArray(value)) {
    for (const item of value) if (inspect(item, depth + 1)) mayRefer = true
  } else if (isTemplateObject(value)) {
    for (const key of Object.keys(value)) if (inspect(value[key]!, depth + 1) || key === '$ref') mayRefer = true
  }
  return mayRefer
}

/** Resolves block references, then variables: the order in which a genuine worker does. */
export async function resolveReferences(
  template: TemplateValue,
  lookup: ReferenceLookup,
  onReplaced?: OnReplaced,
): Promise<TemplateValue> {
  return resolveVariables(await resolveBlockReferences(template, lookup, onReplaced), lookup, onReplaced)
}

/**
 * Replaces `{"$ref": {"block_document_id": ...}}` and `{{ prefect.blocks.<type>.<name>[.key.path] }}`. The only key
 * `value` of a document's data is unwrapped unless the key path names it. Other placeholders stay.
 */
export function resolveBlockReferences(
  template: TemplateValue,
  lookup: ReferenceLookup,
  onReplaced?: OnReplaced,
): Promise<TemplateValue> {
  const byName = remember((key) => lookup.readBlockDocument(...splitOnce(key)))
  const byId = remember((id) => lookup.readBlockDocumentById(id))

  const readPlaceholder = async ({ name, text }: Placeholder, pointer: string): Promise<TemplateValue> => {
    const [typeSlug = '', rest] = splitOnce(name.slice(BLOCK_PREFIX.length))
    if (rest === '' && !name.slice(BLOCK_PREFIX.length).includes('.')) {
      throw invalid(pointer, `${text} should be prefect.blocks.<block type slug>.<block name>`)
    }
    const [documentName, keyPath] = splitOnce(rest)
    const document = await byName(`${typeSlug}.${documentName}`)
    if (!document) throw new AedileError('template_block_not_found', { block: `${typeSlug}/${documentName}`, pointer })
    const hasPath = rest.includes('.')
    const data = isWrapped(document.data) && !(hasPath && /^value([.[]|$)/.test(keyPath)) ? document.data.value! : document.data
    if (!hasPath) return data
    const found = followKeyPath(data, keyPath)
    if (!found) throw invalid(pointer, `${text} names a key path that the block does not have`)
    return found.value
  }

  return resolve(template, '', {
    kind: 'block',
    onReplaced,
    mapping: async (value, pointer) => {
      const reference = Object.hasOwn(value, '$ref') ? value.$ref : undefined
      const id = isTemplateObject(reference) ? reference.block_document_id : undefined
      if (typeof id !== 'string' || id === '') return undefined
      const document = await byId(id)
      if (!document) throw new AedileError('template_block_not_found', { block: id, pointer })
      return { through: `block document ${id}`, value: document.data }
    },
    alone: readPlaceholder,
    embedded: async (placeholder, pointer) => {
      const value = await readPlaceholder(placeholder, pointer)
      if (Array.isArray(value) || isTemplateObject(value)) {
        throw invalid(pointer, `${placeholder.text} is no text or number, so it cannot stand inside a text`)
      }
      return pythonStr(value)
    },
  })
}

/** Replaces `{{ prefect.variables.<name> }}`. An unknown one becomes empty text. */
export function resolveVariables(
  template: TemplateValue,
  lookup: ReferenceLookup,
  onReplaced?: OnReplaced,
): Promise<TemplateValue> {
  const read = remember((name) => lookup.readVariable(name))
  const nameOf = (placeholder: Placeholder) => placeholder.name.slice(VARIABLE_PREFIX.length)
  return resolve(template, '', {
    kind: 'variable',
    onReplaced,
    mapping: async () => undefined,
    alone: async (placeholder) => {
      const variable = await read(nameOf(placeholder))
      return variable ? variable.value : ''
    },
    embedded: async (placeholder) => {
      const variable = await read(nameOf(placeholder))
      return variable ? pythonStr(variable.value) : ''
    },
  })
}

type Resolver = {
  kind: 'block' | 'variable'
  onReplaced: OnReplaced | undefined
  mapping(
    value: { [key: string]: TemplateValue },
    pointer: string,
  ): Promise<{ through: string; value: TemplateValue } | undefined>
  alone(placeholder: Placeholder, pointer: string): Promise<TemplateValue>
  embedded(placeholder: Placeholder, pointer: string): Promise<string>
}

async function resolve(value: TemplateValue, pointer: string, resolver: Resolver): Promise<TemplateValue> {
  if (typeof value === 'string') return resolveText(value, pointer, resolver)
  if (Array.isArray(value)) {
    return Promise.all(value.map((item, index) => resolve(item, joinPointer(pointer, index), resolver)))
  }
  if (!isTemplateObject(value)) return value
  const replaced = await resolver.mapping(value, pointer)
  if (replaced) {
    resolver.onReplaced?.(pointer, replaced.through, replaced.value)
    return replaced.value
  }
  const entries = Object.entries(value).map(
    async ([key, item]): Promise<[string, TemplateValue]> => [key, await resolve(item, joinPointer(pointer, key), resolver)],
  )
  return Object.fromEntries(await Promise.all(entries))
}

async function resolveText(text: string, pointer: string, resolver: Resolver): Promise<TemplateValue> {
  const node = parseTemplate(text)
  if (node.kind !== 'text') return text
  const isOurs = (segment: string | Placeholder): segment is Placeholder & { kind: Resolver['kind'] } =>
    typeof segment === 'object' && segment.kind === resolver.kind
  const through = node.segments.filter(isOurs)
  if (through.length === 0) return text
  const embed = (segment: string | Placeholder): string | Promise<string> => {
    if (isOurs(segment)) return resolver.embedded(segment, pointer)
    return typeof segment === 'string' ? segment : segment.text
  }
  const value =
    node.segments.length === 1
      ? await resolver.alone(through[0]!, pointer)
      : (await Promise.all(node.segments.map(embed))).join('')
  resolver.onReplaced?.(pointer, through.map((placeholder) => placeholder.text).join(' '), value)
  return value
}

function isWrapped(data: { [key: string]: TemplateValue }): boolean {
  return Object.keys(data).length === 1 && Object.hasOwn(data, 'value')
}

function splitOnce(text: string): [string, string] {
  const dot = text.indexOf('.')
  return dot < 0 ? [text, ''] : [text.slice(0, dot), text.slice(dot + 1)]
}

/** Asks once per key. */
function remember<T>(read: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>()
  return (key) => {
    const answer = answers.get(key) ?? read(key)
    answers.set(key, answer)
    return answer
  }
}

function invalid(pointer: string, why: string): AedileError {
  return new AedileError('template_invalid', { pointer: pointer || '/', why })
}
