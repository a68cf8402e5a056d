import { AedileError } from '../errors.ts'
import { isTemplateObject, type TemplateValue } from '../python-text.ts'
import { splitKeyPath } from './key-path.ts'
import { OriginTree } from './origins.ts'
import { joinPointer } from './placeholders.ts'

type Values = { [key: string]: TemplateValue }

/** Job variables with the origin of each. */
export type TracedValues = { values: Values; origins: OriginTree }

/** What a deployment and a flow run set. */
export type JobLayers = { deployment?: Values | null; flowRun?: Values | null }

/** Lays the flow run's job variables over the deployment's: `env` key by key, all else whole. */
export function mergeJobVariables({ deployment, flowRun }: JobLayers): TracedValues {
  const values = createValues()
  const origins = new OriginTree()
  for (const [key, value] of Object.entries(deployment ?? {})) {
    values[key] = value
    origins.set(joinPointer('', key), { layer: 'deployment', path: joinPointer('', key) })
  }
  for (const [key, value] of Object.entries(flowRun ?? {})) {
    const pointer = joinPointer('', key)
    if (key === 'env' && isTemplateObject(values.env)) {
      values.env = overlayEnvironment(values.env, value, (name) => {
        const path = joinPointer(pointer, name)
        origins.set(path, { layer: 'flow-run', path })
      })
    } else {
      values[key] = value
      origins.set(pointer, { layer: 'flow-run', path: pointer })
    }
  }
  return { values, origins }
}

function overlayEnvironment(under: Values, over: TemplateValue, set: (name: string) => void): Values {
  if (over === null) return under
  if (!isTemplateObject(over)) throw new AedileError('job_variable_invalid', { pointer: '/env', why: 'it is no mapping' })
  const merged = createValues(under)
  for (const [name, value] of Object.entries(over)) {
    merged[name] = value
    set(name)
  }
  return merged
}

/** Turns dotted keys such as `env.FOO` into nested mappings. The nested spelling is stronger than the dotted one. */
export function expandDottedKeys(given: TracedValues): TracedValues {
  const values = createValues()
  const origins = new OriginTree()
  const entries = Object.entries(given.values)
  const originOf = (key: string) => given.origins.at(joinPointer('', key))!
  for (const [key, value] of entries.filter(([name]) => name.includes('.'))) {
    const keys = splitKeyPath(key)
    setAtPath(values, key, keys, copyValue(value))
    origins.set(keys.reduce(joinPointer, ''), originOf(key))
  }
  for (const [key, value] of entries.filter(([name]) => !name.includes('.'))) {
    const under = Object.hasOwn(values, key) ? values[key]! : null
    const from = joinPointer('', key)
    values[key] = mergeDeep(under, value, from, given.origins, origins)
  }
  return { values, origins }
}

function setAtPath(values: Values, key: string, keys: string[], value: TemplateValue): void {
  let at = values
  for (const step of keys.slice(0, -1)) {
    if (!Object.hasOwn(at, step)) at[step] = createValues()
    const next = at[step]
    if (!isTemplateObject(next)) {
      const why = `its key path goes through ${step}, which is no mapping`
      throw new AedileError('job_variable_invalid', { pointer: joinPointer('', key), why })
    }
    at = next
  }
  at[keys.at(-1)!] = value
}

function mergeDeep(under: TemplateValue, over: TemplateValue, pointer: string, from: OriginTree, to: OriginTree): TemplateValue {
  if (!isTemplateObject(under) || !isTemplateObject(over)) {
    copyOrigins(over, pointer, from, to)
    return over
  }
  const merged = createValues(under)
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(merged, key) ? merged[key]! : null
    merged[key] = mergeDeep(below, value, joinPointer(pointer, key), from, to)
  }
  return merged
}

/** A layer's `env` may itself be of two layers, so origins are copied one level deep. */
function copyOrigins(value: TemplateValue, pointer: string, from: OriginTree, to: OriginTree): void {
  const origin = from.at(pointer)
  if (origin) to.set(pointer, origin)
  if (!isTemplateObject(value)) return
  for (const key of Object.keys(value)) {
    const below = from.at(joinPointer(pointer, key))
    if (below && below.layer !== origin?.layer) to.set(joinPointer(pointer, key), below)
  }
}

/** Lays job variables over the defaults: each key whole. */
export function overlayVariables(under: TracedValues, over: TracedValues): TracedValues {
  const values = createValues(under.values)
  const origins = new OriginTree(under.origins)
  for (const [key, value] of Object.entries(over.values)) {
    const pointer = joinPointer('', key)
    values[key] = value
    origins.deleteBelow(pointer)
    for (const [at, origin] of over.origins.leaves) {
      if (at === pointer || at.startsWith(`${pointer}/`)) origins.add(at, origin)
    }
  }
  return { values, origins }
}

/** A mapping without prototype, so that a key like `__proto__` is a key. */
export function createValues(copied: Values = {}): Values {
  return Object.assign(Object.create(null), copied)
}

function copyValue(value: TemplateValue): TemplateValue {
  if (Array.isArray(value)) return value.map(copyValue)
  if (!isTemplateObject(value)) return value
  const copied = createValues()
  for (const [key, item] of Object.entries(value)) copied[key] = copyValue(item)
  return copied
}
