import type { JsonValue } from '@aedile/core/json'
import { describeOrigin } from '@aedile/core/rendering/origin-text'
import type { RenderResult } from '@aedile/core/rendering/render-answer'
import { joinPointer } from '@aedile/core/templates/placeholders'
import type { Node } from 'yaml'

/** Stand in for what is empty while comments are set: those of an empty mapping would go below it. */
const EMPTY_MAPPING = '\uE000m'
const EMPTY_LIST = '\uE000l'

/** The request as YAML, with the origin of each field beside it when it is to be explained. */
export async function requestYaml({ request, origins }: RenderResult, explain: boolean): Promise<string> {
  const { Document, isCollection } = await import('yaml')
  const document = new Document(request)
  const options = { lineWidth: 0 }
  if (!explain || !origins) return document.toString(options).trimEnd()
  const comment = (value: JsonValue, pointer: string, path: (string | number)[]): void => {
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
    for (const [key, item] of entries)
      comment(item, joinPointer(pointer, key), [...path, Array.isArray(value) ? Number(key) : key])
    const origin = origins.request[pointer]
    if (entries.length > 0 || !origin || path.length === 0) return
    if (isCollection(document.getIn(path, true)))
      document.setIn(path, document.createNode(Array.isArray(value) ? EMPTY_LIST : EMPTY_MAPPING))
    const node = document.getIn(path, true) as Node
    node.comment = ` ${describeOrigin(origin, pointer)}`
  }
  comment(request, '', [])
  return document.toString(options).trimEnd().replaceAll(EMPTY_MAPPING, '{}').replaceAll(EMPTY_LIST, '[]')
}

/**
 * What else is to be said of a rendering: what is not in it, what had no effect, what was assumed. Keys that are left out
 * because nobody set them are the usual case, and told only when all is to be explained.
 */
export function describeNotes({ dropped, warnings, facts }: RenderResult, explain: boolean): string[] {
  const assumed = Object.entries(facts.values).filter(([name]) => name !== 'id')
  return [
    ...dropped
      .filter(({ reason }) => explain || FAULTS.includes(reason))
      .map(({ pointer, placeholder, reason }) => `Left out: ${pointer} (${placeholder} ${DROP_REASONS[reason]})`),
    ...warnings.map(
      (warning) => `Warning: ${warning.message} (${'layer' in warning ? `${warning.layer} ` : ''}${warning.pointer})`,
    ),
    ...(facts.assumed && assumed.length > 0
      ? [`Assumed of the target: ${assumed.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', ')}`]
      : []),
  ]
}

const FAULTS = ['undeclared', 'no-such-path']
const DROP_REASONS = {
  undeclared: 'is no variable of the template',
  unset: 'has no value',
  'null-default': 'is null by default',
  'no-such-path': 'names a key that its variable does not have',
}
