import type { BaseJobTemplate, InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { pythonRepr } from '@aedile/core/python-text'
import { joinShellWords } from '@aedile/core/shell-words'
import type { InfrastructureLogger } from './infrastructure-log.ts'

/** What a block says, under stored names, where it is not what the class says by itself. */
export type OwnValues = { data: JsonObject; defaults: JsonObject }

/** The variables of a pool that a block's field becomes; null says that it cannot be one. */
export type FieldVariables = (field: string, value: JsonValue) => JsonObject | null

/**
 * The default template of a type, with what a block says as the defaults of its variables: runs of such a pool get what the
 * block's command got. Source: INF F.4.
 */
export function buildWorkPoolTemplate(
  { displayName, defaultBaseJobTemplate }: Pick<InfrastructureDefinition, 'displayName' | 'defaultBaseJobTemplate'>,
  { data, defaults }: OwnValues,
  toVariables: FieldVariables,
  logger: InfrastructureLogger,
): BaseJobTemplate {
  const template = structuredClone(defaultBaseJobTemplate)
  const properties = template.variables.properties as Record<string, JsonObject>
  for (const [field, value] of Object.entries(data)) {
    if (field === 'type' || isSame(value, defaults[field] ?? null)) continue
    const variables = field === 'command' ? { command: joinShellWords(value as string[]) } : toVariables(field, value)
    const known = Object.entries(variables ?? {}).filter(([name]) => isJsonObject(properties[name]))
    if (known.length === 0) {
      logger.warn(`Variable ${pythonRepr(field)} is not supported by ${displayName} work pools. Skipping.`)
    }
    for (const [name, own] of known) properties[name] = { ...properties[name], default: own }
  }
  return template
}

function isSame(one: JsonValue, other: JsonValue): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
