import { isTemplateObject, type TemplateValue } from '../python-text.ts'
import type { Trace } from './apply-values.ts'
import { LeafOrigins } from './leaf-origins.ts'
import { joinPointer, type Placeholder } from './placeholders.ts'

/**
 * Where something can come from. The layers of job variables, the later ones stronger: `template`, `default`, `deployment`,
 * `flow-run`. `environment` is the worker's, for `{{ $NAME }}`. Preparation and request add: `run` (what is known of flow
 * run, flow, deployment and pool), `worker` (its settings, name and id), `type` (what the type of infrastructure fills in),
 * `attempt` (our additions for one attempt).
 */
export type Layer = 'template' | 'default' | 'deployment' | 'flow-run' | 'environment' | 'run' | 'worker' | 'type' | 'attempt'

/** Where a leaf of a rendered job came from. */
export type Origin = {
  layer: Layer
  /** JSON pointer in that layer as its author wrote it: job_configuration, variables' defaults, or job variables. */
  path: string
  /** The placeholders, block documents and variables that it came through, outermost first. */
  through?: string[]
  /** For text put together from a template's text and placeholders: the origin of each placeholder that had a value. */
  parts?: Origin[]
}

/** A key or list item that the template has and the job has not. */
export type Dropped = {
  /** JSON pointer in job_configuration. */
  pointer: string
  placeholder: string
  /** `undeclared`: no such variable; `unset`: no layer has a value; `null-default`: its default is null; `no-such-path`: the variable has no such key. */
  reason: 'undeclared' | 'unset' | 'null-default' | 'no-such-path'
}

/** Where values come from. */
export interface OriginLookup {
  /** The origin of what is at the pointer. `name` is the first key of the pointer, for who knows it already. */
  at(pointer: string, name?: string): Origin | undefined
}

/** Origins by JSON pointer; what has none of its own takes the nearest one above it. */
export class OriginTree implements OriginLookup {
  readonly #origins: Map<string, Origin>

  constructor(copied?: ReadonlyMap<string, Origin>) {
    this.#origins = new Map(copied)
  }

  /** Gives what is at the pointer this origin. */
  add(pointer: string, origin: Origin): void {
    this.#origins.set(pointer, origin)
  }

  /** Gives everything at and below the pointer this origin. */
  set(pointer: string, origin: Origin): void {
    this.deleteBelow(pointer)
    this.#origins.set(pointer, origin)
  }

  at(pointer: string): Origin | undefined {
    if (this.#origins.size === 0) return undefined
    const own = this.#origins.get(pointer)
    if (own) return own
    for (let end = pointer.lastIndexOf('/'); end >= 0; end = pointer.lastIndexOf('/', end - 1)) {
      const origin = this.#origins.get(pointer.slice(0, end))
      if (origin) return { ...origin, path: origin.path + pointer.slice(end) }
      if (end === 0) break
    }
    return undefined
  }

  /** The origin of a mapping of which only leaves have one: the origin of its first leaf, without the way down to it. */
  aboveLeaves(pointer: string): Origin | undefined {
    const start = `${pointer}/`
    for (const [leaf, origin] of this.#origins) {
      if (!leaf.startsWith(start)) continue
      const way = leaf.slice(pointer.length)
      return { ...origin, path: origin.path.endsWith(way) ? origin.path.slice(0, -way.length) : origin.path }
    }
    return undefined
  }

  deleteBelow(pointer: string): void {
    const start = `${pointer}/`
    for (const key of this.#origins.keys()) {
      if (key === pointer || key.startsWith(start)) this.#origins.delete(key)
    }
  }

  /** The same where only leaves have origins: below one that has its own, none is looked for. */
  deleteLeaves(pointer: string): void {
    if (!this.#origins.delete(pointer)) this.deleteBelow(pointer)
  }

  get leaves(): ReadonlyMap<string, Origin> {
    return this.#origins
  }
}

/** Writes down where each leaf of the result comes from, while values are applied and references resolved. */
export class OriginRecorder implements Trace {
  readonly dropped: { pointer: string; placeholder: Placeholder }[] = []
  /** Pointers into the variables that the template read. */
  readonly read: string[] = []
  readonly #template: OriginLookup
  readonly #variables: OriginLookup
  readonly #leaves = new LeafOrigins()
  /** In place of the leaves once one of them is replaced. */
  #tree: OriginTree | undefined

  constructor(template: OriginLookup, variables: OriginLookup) {
    this.#template = template
    this.#variables = variables
  }

  /** The origins of the result's leaves. */
  get origins(): ReadonlyMap<string, Origin> {
    return this.#tree?.leaves ?? this.#leaves
  }

  literal(output: string, template: string): void {
    this.#leaves.add(output, this.#templateOrigin(template))
  }

  value(output: string, placeholder: Placeholder, found: { value: TemplateValue; pointer: string }): void {
    this.read.push(found.pointer)
    if (typeof found.value !== 'object' || found.value === null) {
      const origin = this.#variables.at(found.pointer)
      if (origin) this.#leaves.add(output, { layer: origin.layer, path: origin.path, through: [placeholder.text] })
      return
    }
    visitLeaves(found.value, '', (leaf) => {
      const origin = this.#variables.at(found.pointer + leaf)
      if (!origin) return
      this.#leaves.add(output + leaf, { layer: origin.layer, path: origin.path, through: [placeholder.text] })
    })
  }

  text(output: string, template: string, parts: { placeholder: Placeholder; found: { pointer: string } | undefined }[]): void {
    const origins = parts.flatMap(({ placeholder, found }) => {
      if (!found) return []
      const origin: Origin | undefined =
        placeholder.kind === 'environment' ? { layer: 'environment', path: found.pointer } : this.#variables.at(found.pointer)
      if (placeholder.kind === 'standard') this.read.push(found.pointer)
      return origin ? [{ ...origin, through: [placeholder.text] }] : []
    })
    const origin = this.#templateOrigin(template)
    this.#leaves.add(output, origins.length > 0 ? { ...origin, parts: origins } : origin)
  }

  drop(template: string, placeholder: Placeholder): void {
    this.dropped.push({ pointer: template, placeholder })
  }

  /** A reference at the pointer was replaced by a value from outside. */
  replaced(pointer: string, through: string, value: TemplateValue): void {
    const tree = this.#openTree()
    const origin = this.#originOf(pointer, tree)
    tree.deleteLeaves(pointer)
    visitLeaves(value, '', (leaf) => {
      tree.add(pointer + leaf, { ...origin, through: [...(origin.through ?? []), through] })
    })
  }

  /** A mapping or list at the pointer became one text. */
  flattened(pointer: string): void {
    const tree = this.#openTree()
    tree.set(pointer, this.#originOf(pointer, tree))
  }

  #openTree(): OriginTree {
    this.#tree ??= new OriginTree(this.#leaves)
    return this.#tree
  }

  #originOf(pointer: string, tree: OriginTree): Origin {
    return tree.at(pointer) ?? tree.aboveLeaves(pointer) ?? this.#templateOrigin(pointer)
  }

  #templateOrigin(pointer: string): Origin {
    return this.#template.at(pointer) ?? { layer: 'template', path: pointer }
  }
}

/** The first key of a pointer, still escaped. */
export function topKeyOf(pointer: string): string {
  const end = pointer.indexOf('/', 1)
  return end < 0 ? pointer.slice(1) : pointer.slice(1, end)
}

/** The pointer of the top key that a pointer leads through. */
export function topPointerOf(pointer: string): string {
  const end = pointer.indexOf('/', 1)
  return end < 0 ? pointer : pointer.slice(0, end)
}

/** JSON pointers of all scalars and of all empty mappings and lists. */
export function leafPointers(value: TemplateValue, pointer = ''): string[] {
  const pointers: string[] = []
  visitLeaves(value, pointer, (leaf) => pointers.push(leaf))
  return pointers
}

function visitLeaves(value: TemplateValue, pointer: string, visit: (pointer: string) => void): void {
  let isLeaf = true
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      isLeaf = false
      visitLeaves(value[index]!, joinPointer(pointer, index), visit)
    }
  } else if (isTemplateObject(value)) {
    for (const key of Object.keys(value)) {
      isLeaf = false
      visitLeaves(value[key]!, joinPointer(pointer, key), visit)
    }
  }
  if (isLeaf) visit(pointer)
}
