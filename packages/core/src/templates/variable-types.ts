import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { propertiesOf } from './job-variables.ts'
import { BLOCK_REFERENCE_TYPE, propertyName, SchemaTypes } from './schema-types.ts'

/**
 * Writes the TypeScript types of a pool's job variables. Every variable may be left out or be null, as servers accept; a
 * name that the template does not declare is none of the type, so it is a compile error. `env.NAME` sets one entry of a
 * mapping, as job variables may. The augmentation at the end lets the pool's name select the type in `deploy()`.
 */
export function writeVariableTypes(pool: string, template: JsonObject): string {
  const name = toTypeName(pool)
  const schema = isJsonObject(template.variables) ? template.variables : {}
  const types = new SchemaTypes(schema, name)
  const properties = Object.entries(propertiesOf(template))
  const members = properties.map(([variable, property]) => types.member(variable, property, false))
  const dotted = properties.flatMap(([variable, property]) => {
    const entry = entryType(property, types)
    return entry === null ? [] : [`  [entry: \`${escapeTemplate(variable)}.\${string}\`]: ${entry}`]
  })
  const variables = `export type ${name}Variables = {\n${[...members, ...dotted].join('\n')}\n}`
  const parts = [
    `// Written by: aedile work-pool types ${commentText(pool)}\n// Write it again when the template of the pool changes.`,
    "import type {} from '@aedile/sdk/deploy/work-pools'",
    ...(types.usesBlocks ? [`type BlockReference = ${BLOCK_REFERENCE_TYPE}`] : []),
    ...types.declarations,
    `/** What a deployment or a run may set of the work pool ${commentText(pool)}. */\n${variables}`,
    `declare module '@aedile/sdk/deploy/work-pools' {\n  interface WorkPools {\n    ${propertyName(pool)}: ${name}Variables\n  }\n}`,
  ]
  return `${parts.join('\n\n')}\n`
}

/** The type of one entry, for a variable that is a mapping of any keys. */
function entryType(property: JsonValue, types: SchemaTypes): string | null {
  if (!isJsonObject(property)) return null
  const branches = [property, ...(Array.isArray(property.anyOf) ? property.anyOf : [])].filter(isJsonObject)
  const mapping = branches.find(({ type, properties }) => type === 'object' && properties === undefined)
  if (!mapping || mapping.additionalProperties === false) return null
  const { additionalProperties } = mapping
  return isJsonObject(additionalProperties) ? types.of(additionalProperties, '  ') : 'unknown'
}

/** `my-pool` is `MyPool`. */
function toTypeName(text: string): string {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? []
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return /^\p{L}/u.test(name) ? name : `Pool${name}`
}

/** Text that cannot end a comment. */
function commentText(text: string): string {
  return text.replaceAll('*/', '* /').replace(/\s+/g, ' ').trim()
}

function escapeTemplate(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')
}
