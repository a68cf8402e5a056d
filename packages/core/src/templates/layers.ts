import { MAXIMUM_DEPTH } from '../depth.ts'
import { AedileError } from '../errors.ts'
import { isTemplateObject, setEntry, type TemplateValue } from '../python-text.ts'
import { splitKeyPath } from './key-path.ts'
import { type OriginLookup, OriginTree } from './origins.ts'
import { joinPointer } from './placeholders.ts'
import { OverlaidOrigins } from './variable-origins.ts'

type Values = { [key: string]: TemplateValue }

/** Job variables with the origin of each; null where nobody asked for origins. */
export type LayeredValues = { values: Values; origins: OriginLookup | null }
/** Job variables with the origin of each. */
export type TracedValues = { values: Values; origins: OriginLookup }

/** What a deployment and a flow run set. */
export type JobLayers = { deployment?: Values | null; flowRun?: Values | null }

/** Lays the flow run's job variables over the deployment's: `env` key by key, all else whole. */
export function mergeJobVariables({ deployment, flowRun }: JobLayers): Values {
  const values = copyEntries(deployment ?? {})
  if (!flowRun) return values
  for (const key of Object.keys(flowRun)) {
    const value = flowRun[key]!
    if (key === 'env' && Object.hasOwn(values, 'env') && isTemplateObject(values.env)) {
      values.env = overlayEnvironment(values.env, value)
    } else setEntry(values, key, value)
  }
  return values
}

function overlayEnvironment(under: Values, over: TemplateValue): Values {
  // Python's `update` takes anything empty for nothing, and refuses null.
  if (over === '' || (Array.isArray(over) && over.length === 0)) return under
  if (!isTemplateObject(over)) throw new AedileError('job_variable_invalid', { pointer: '/env', why: 'it is no mapping' })
  return addEntries(copyEntries(under), over)
}

/** Turns dotted keys such as `env.FOO` into nested mappings. The nested spelling is stronger than the dotted one. */
export function expandDottedKeys<Given extends LayeredValues>(given: Given): Given {
  const keys = Object.keys(given.values)
  if (!keys.some((key) => key.includes('.'))) return given
  const values: Values = {}
  const tree = given.origins && new OriginTree()
  for (const key of keys) {
    if (!key.includes('.')) continue
    const path = splitKeyPath(key)
    setAtPath(values, key, path, copyValue(given.values[key]!))
    tree?.set(path.reduce(joinPointer, ''), given.origins!.at(joinPointer('', key))!)
  }
  const dotted = given.origins && { ...values }
  for (const key of keys) {
    if (key.includes('.')) continue
    const over = given.values[key]!
    if (!Object.hasOwn(values, key)) setEntry(values, key, over)
    else if (!tree) setEntry(values, key, mergeDeep(values[key]!, over))
    else setEntry(values, key, mergeDeep(values[key]!, over, joinPointer('', key), given.origins!, tree))
  }
  return { values, origins: tree && new OverlaidOrigins(given.origins!, tree, dotted!) } as LayeredValues as Given
}

function setAtPath(values: Values, key: string, keys: string[], value: TemplateValue): void {
  if (keys.length > MAXIMUM_DEPTH) {
    const why = `its key path has more than ${MAXIMUM_DEPTH} keys`
    throw new AedileError('job_variable_invalid', { pointer: `/${key.slice(0, 40)}...`, why })
  }
  let at = values
  for (const step of keys.slice(0, -1)) {
    if (!Object.hasOwn(at, step)) setEntry<TemplateValue>(at, step, {})
    const next = at[step]
    if (!isTemplateObject(next)) {
      const why = `its key path goes through ${step}, which is no mapping`
      throw new AedileError('job_variable_invalid', { pointer: joinPointer('', key), why })
    }
    at = next
  }
  setEntry(at, keys.at(-1)!, value)
}

function mergeDeep(under: TemplateValue, over: TemplateValue, pointer = '', from?: OriginLookup, to?: OriginTree): TemplateValue {
  if (!isTemplateObject(under) || !isTemplateObject(over)) {
    if (from && to) copyOrigins(over, pointer, from, to)
    return over
  }
  const merged = copyEntries(under)
  for (const key of Object.keys(over)) {
    const below = Object.hasOwn(merged, key) ? merged[key]! : null
    setEntry(merged, key, mergeDeep(below, over[key]!, from && joinPointer(pointer, key), from, to))
  }
  return merged
}

/** A layer's `env` may itself be of two layers, so origins are copied one level deep. */
function copyOrigins(value: TemplateValue, pointer: string, from: OriginLookup, to: OriginTree): void {
  const origin = from.at(pointer)
  if (origin) to.set(pointer, origin)
  if (!isTemplateObject(value)) return
  for (const key of Object.keys(value)) {
    const below = from.at(joinPointer(pointer, key))
    if (below && below.layer !== origin?.layer) to.set(joinPointer(pointer, key), below)
  }
}

/** Lays job variables over the defaults: each key whole. */
export function overlayVariables<Over extends LayeredValues>(under: TracedValues, over: Over): Over {
  const values = addEntries(copyEntries(under.values), over.values)
  return {
    values,
    origins: over.origins && new OverlaidOrigins(under.origins, over.origins, over.values),
  } as LayeredValues as Over
}

/** A copy of a mapping, one level deep, in which a key like `__proto__` is a key. */
function copyEntries(copied: Values): Values {
  return addEntries({}, copied)
}

function addEntries(values: Values, added: Values): Values {
  for (const key of Object.keys(added)) setEntry(values, key, added[key]!)
  return values
}

function copyValue(value: TemplateValue): TemplateValue {
  if (Array.isArray(value)) return value.map(copyValue)
  if (!isTemplateObject(value)) return value
  const copied: Values = {}
  for (const key of Object.keys(value)) setEntry(copied, key, copyValue(value[key]!))
  return copied
}
