import type { TemplateValue } from '../python-text.ts'
import { pythonStr, setEntry } from '../python-text.ts'
import { type Found, followKeyPath } from './key-path.ts'
import { environmentName, joinPointer, type Placeholder, parseTemplate, type TemplateNode } from './placeholders.ts'

export type ApplyOptions = {
  /** True (the default): a key without value is left out, and its text is blanked. False: the placeholder stays. */
  removeNotset?: boolean
  /** Placeholders whose names start so stay as they are, e.g. `ctx.`. */
  skipPrefixes?: readonly string[]
  /** What `{{ $NAME }}` reads. */
  environment?: Readonly<Record<string, string | undefined>>
}

/** Told of everything that goes into the result, so that origins need no second resolver. */
export interface Trace {
  /** Something of the template itself: a scalar, or an empty mapping or list. */
  literal(output: string, template: string): void
  /** The whole value of a placeholder. */
  value(output: string, placeholder: Placeholder, found: Found): void
  /** Text with placeholders in it; `found` is undefined for what had no value. */
  text(output: string, template: string, parts: { placeholder: Placeholder; found: Found | undefined }[]): void
  /** A key or item that is not in the result because its placeholder has no value. */
  drop(template: string, placeholder: Placeholder): void
}

type Scope = Required<ApplyOptions> & { values: { [key: string]: TemplateValue }; trace: Trace | undefined }

/**
 * Fills a template's placeholders. A text that is one placeholder takes the value with its type; in longer text each
 * becomes what Python's `str()` makes of it. One pass: placeholders inside values stay. Block and variable placeholders
 * stay for `resolveReferences`. Undefined when the whole template is one placeholder without value.
 */
export function applyValues(
  template: TemplateValue,
  values: { [key: string]: TemplateValue },
  options: ApplyOptions = {},
): TemplateValue | undefined {
  return applyParsed(parseTemplate(template), values, options)
}

/** Fills a parsed template; `trace` hears where everything comes from. */
export function applyParsed(
  node: TemplateNode,
  values: { [key: string]: TemplateValue },
  { removeNotset = true, skipPrefixes = [], environment = {} }: ApplyOptions = {},
  trace?: Trace,
): TemplateValue | undefined {
  return expand(node, '', '', { values, removeNotset, skipPrefixes, environment, trace })
}

function expand(node: TemplateNode, output: string, template: string, scope: Scope): TemplateValue | undefined {
  switch (node.kind) {
    case 'literal':
      scope.trace?.literal(output, template)
      return node.value
    case 'text':
      return expandText(node, output, template, scope)
    case 'object':
      return expandObject(node.entries, output, template, scope)
    case 'list':
      return expandList(node.items, output, template, scope)
  }
}

function expandObject(entries: [string, TemplateNode][], output: string, template: string, scope: Scope): TemplateValue {
  const filled: { [key: string]: TemplateValue } = {}
  let isEmpty = true
  for (const [key, item] of entries) {
    const below = scope.trace ? joinPointer(output, key) : ''
    const value = expand(item, below, output === template ? below : joinPointer(template, key), scope)
    const kept = value === undefined && !scope.removeNotset && item.kind === 'text' ? item.source : value
    if (kept === undefined) continue
    isEmpty = false
    setEntry(filled, key, kept)
  }
  if (isEmpty) scope.trace?.literal(output, template)
  return filled
}

function expandList(items: TemplateNode[], output: string, template: string, scope: Scope): TemplateValue {
  const filled: TemplateValue[] = []
  items.forEach((item, index) => {
    const value = scope.trace
      ? expand(item, joinPointer(output, filled.length), joinPointer(template, index), scope)
      : expand(item, '', '', scope)
    if (value !== undefined) filled.push(value)
  })
  if (filled.length === 0) scope.trace?.literal(output, template)
  return filled
}

type TextNode = Extract<TemplateNode, { kind: 'text' }>

function expandText(node: TextNode, output: string, template: string, scope: Scope): TemplateValue | undefined {
  const [only] = node.segments
  if (node.segments.length === 1 && typeof only === 'object' && only.kind === 'standard' && !isSkipped(only, scope)) {
    const found = followKeyPath(scope.values, only.name)
    if (found) scope.trace?.value(output, only, found)
    else scope.trace?.drop(template, only)
    return found?.value
  }
  const parts: { placeholder: Placeholder; found: Found | undefined }[] = []
  const text = node.segments.map((segment) => {
    if (typeof segment === 'string') return segment
    if (segment.kind === 'block' || segment.kind === 'variable' || isSkipped(segment, scope)) return segment.text
    const found = read(segment, scope)
    parts.push({ placeholder: segment, found })
    if (found) return pythonStr(found.value)
    return scope.removeNotset ? '' : segment.text
  })
  scope.trace?.text(output, template, parts)
  return text.join('')
}

function read(placeholder: Placeholder, { values, environment }: Scope): Found | undefined {
  if (placeholder.kind === 'standard') return followKeyPath(values, placeholder.name)
  const name = environmentName(placeholder)
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined
  return value === undefined ? undefined : { value, pointer: joinPointer('', name) }
}

function isSkipped({ name }: Placeholder, { skipPrefixes }: Scope): boolean {
  return skipPrefixes.some((prefix) => name.startsWith(prefix))
}
