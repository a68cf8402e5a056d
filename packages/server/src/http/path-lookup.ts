import type { Route } from './route.ts'

type KnownPath = { expression: RegExp; methods: Set<string> }

/** Knows all paths of the API, to tell "not found" from "not with this method" and from "with another trailing slash". */
export class PathLookup {
  readonly #known = new Map<string, KnownPath>()

  constructor(routes: readonly Route[], prefix: string) {
    for (const { path, method } of routes) {
      const full = `${prefix}${path}`
      const known = this.#known.get(full) ?? { expression: toExpression(full), methods: new Set() }
      known.methods.add(method)
      this.#known.set(full, known)
    }
  }

  /** The methods that a path has, in alphabetical order; none when it is unknown. */
  methodsOf(path: string): string[] {
    const methods = new Set<string>()
    for (const known of this.#known.values()) {
      if (known.expression.test(path)) for (const method of known.methods) methods.add(method)
    }
    return [...methods].sort()
  }

  /** The same path with or without its trailing slash, when that is the known one. */
  otherSlash(path: string): string | null {
    const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`
    return other !== '' && this.methodsOf(other).length > 0 ? other : null
  }
}

function toExpression(path: string): RegExp {
  const source = path
    .split(/(:\w+|\{\w+\})/)
    .map((part) => (/^(:\w+|\{\w+\})$/.test(part) ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('')
  return new RegExp(`^${source}$`)
}
