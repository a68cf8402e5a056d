import { isTemplateObject, type TemplateValue } from '../python-text.ts'
import { type Layer, type Origin, type OriginLookup, topKeyOf } from './origins.ts'

type Values = { [key: string]: TemplateValue }

/** Where job variables come from, read off the layers that set them when somebody asks. */
export class GivenOrigins implements OriginLookup {
  readonly #flowRun: Values
  readonly #deployment: Values
  /** The flow run's `env`, where it was laid over the deployment's key by key. */
  readonly #environment: TemplateValue | undefined

  constructor({ deployment, flowRun }: { deployment?: Values | null; flowRun?: Values | null }) {
    this.#deployment = deployment ?? {}
    this.#flowRun = flowRun ?? {}
    const { env } = this.#flowRun
    const isMerged = Object.hasOwn(this.#flowRun, 'env') && isTemplateObject(ownEntry(this.#deployment, 'env'))
    this.#environment = isMerged ? env : undefined
  }

  at(pointer: string, name: string = topNameOf(pointer)): Origin | undefined {
    const layer = this.#layerOf(pointer, name)
    return layer && { layer, path: pointer }
  }

  #layerOf(pointer: string, top: string): Layer | undefined {
    if (top === 'env' && this.#environment !== undefined) {
      const below = pointer.slice('/env'.length)
      const isOver = below !== '' && isTemplateObject(this.#environment) && Object.hasOwn(this.#environment, topNameOf(below))
      return isOver ? 'flow-run' : 'deployment'
    }
    if (Object.hasOwn(this.#flowRun, top)) return 'flow-run'
    return Object.hasOwn(this.#deployment, top) ? 'deployment' : undefined
  }
}

/** Origins of which those of some variables lie over the others, each variable whole. */
export class OverlaidOrigins implements OriginLookup {
  readonly #under: OriginLookup
  readonly #over: OriginLookup
  readonly #replaced: Values

  constructor(under: OriginLookup, over: OriginLookup, replaced: Values) {
    this.#under = under
    this.#over = over
    this.#replaced = replaced
  }

  at(pointer: string, name: string = topNameOf(pointer)): Origin | undefined {
    return (Object.hasOwn(this.#replaced, name) ? this.#over : this.#under).at(pointer, name)
  }
}

function ownEntry(values: Values, key: string): TemplateValue | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined
}

/** The name of the variable that a pointer leads into. The names of most are kept: they are asked for in every job again. */
function topNameOf(pointer: string): string {
  const known = names.get(pointer)
  if (known !== undefined) return known
  const key = topKeyOf(pointer)
  const name = key.includes('~') ? key.replaceAll('~1', '/').replaceAll('~0', '~') : key
  if (pointer.length > MOST_KEPT_LENGTH) return name
  if (names.size >= MOST_KEPT) names.clear()
  names.set(pointer, name)
  return name
}

const names = new Map<string, string>()
const MOST_KEPT = 5000
const MOST_KEPT_LENGTH = 200
