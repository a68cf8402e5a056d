import { AedileError } from '@aedile/core/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { illTyped } from '@aedile/core/templates/field-values'
import { joinPointer } from '@aedile/core/templates/placeholders'

/** Where the manifest stands in a job. */
export const MANIFEST = '/job_manifest'
/** Where the first container stands in a job: the one that runs the flow. */
export const CONTAINER = `${MANIFEST}/spec/template/spec/containers/0`

/** A manifest that has all that every Job must have, taken apart. Nothing in it is shared but what nobody changes. */
export type Manifest = {
  root: JsonObject
  metadata: JsonObject
  spec: JsonObject
  template: JsonObject
  podSpec: JsonObject
  containers: JsonValue[]
  container: JsonObject
}

/** What a Job of this type must have, whatever else it has. */
const REQUIRED: JsonObject = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { annotations: {}, labels: {} },
  spec: {
    template: { spec: { parallelism: 1, completions: 1, restartPolicy: 'Never', containers: [{ name: 'prefect-job' }] } },
  },
}

const DEEPEST_REQUIRED = 8

/**
 * Completes a manifest's metadata, checks it, and takes it apart; the given one stays as it is.
 * @throws AedileError `template_invalid` that names everything which is missing or has another value than it must.
 */
export function openManifest(given: JsonValue | undefined, namespace: string): Manifest {
  if (!isJsonObject(given)) throw illTyped(MANIFEST, 'a mapping', given)
  const root = { ...given, metadata: completeMetadata(given.metadata, namespace) }
  if (!isSound(root)) {
    const faults = findFaults(root)
    if (faults.length > 0) throw refuse(faults)
  }
  return takeApart(root)
}

function completeMetadata(given: JsonValue | undefined, namespace: string): JsonObject {
  if (given === undefined) return { annotations: {}, labels: {}, namespace }
  if (!isJsonObject(given)) throw illTyped(`${MANIFEST}/metadata`, 'a mapping', given)
  const metadata = { ...given }
  // Null is a value: only what is missing is filled in.
  if (!Object.hasOwn(given, 'annotations')) metadata.annotations = {}
  if (!Object.hasOwn(given, 'labels')) metadata.labels = {}
  if (!Object.hasOwn(given, 'namespace')) metadata.namespace = namespace
  return metadata
}

/** True for a manifest as most are; all others are looked at in detail. */
function isSound(root: JsonObject): boolean {
  const { apiVersion, kind, metadata, spec } = root
  if (apiVersion !== 'batch/v1' || kind !== 'Job' || !isJsonObject(spec) || !isJsonObject(metadata)) return false
  if (!isJsonObject(metadata.annotations) || !isJsonObject(metadata.labels)) return false
  const podSpec = isJsonObject(spec.template) ? spec.template.spec : null
  if (!isJsonObject(podSpec) || !Array.isArray(podSpec.containers)) return false
  const [container] = podSpec.containers
  const runsOnce = podSpec.parallelism === 1 && podSpec.completions === 1 && podSpec.restartPolicy === 'Never'
  return runsOnce && isJsonObject(container) && container.name === 'prefect-job'
}

function takeApart(root: JsonObject): Manifest {
  const spec = copyAt(root, 'spec', MANIFEST)
  const template = copyAt(spec, 'template', `${MANIFEST}/spec`)
  const podSpec = copyAt(template, 'spec', `${MANIFEST}/spec/template`)
  if (!Array.isArray(podSpec.containers))
    throw illTyped(`${MANIFEST}/spec/template/spec/containers`, 'a list', podSpec.containers)
  const containers = [...podSpec.containers]
  podSpec.containers = containers
  if (!isJsonObject(containers[0])) throw illTyped(CONTAINER, 'a container (a mapping)', containers[0])
  const container = { ...containers[0] }
  containers[0] = container
  return { root, metadata: root.metadata as JsonObject, spec, template, podSpec, containers, container }
}

function copyAt(parent: JsonObject, key: string, pointer: string): JsonObject {
  const value = parent[key]
  if (!isJsonObject(value)) throw illTyped(`${pointer}/${key}`, 'a mapping', value)
  const copy = { ...value }
  parent[key] = copy
  return copy
}

type Fault = { pointer: string; must: string | null }

/**
 * What a genuine worker finds wrong. It compares by a JSON diff and looks for additions and replacements alone; a diff
 * that meets a missing value elsewhere, under a key that nobody asked for, calls that a move, so such a manifest passes.
 */
function findFaults(root: JsonObject): Fault[] {
  const removed = new Map<string, number>()
  const added: { key: string; pointer: string }[] = []
  const replaced: Fault[] = []

  const remove = (value: JsonValue) => {
    const key = canonicalText(value)
    const index = added.findLastIndex((addition) => addition.key === key)
    if (index >= 0) added.splice(index, 1)
    else removed.set(key, (removed.get(key) ?? 0) + 1)
  }
  const add = (pointer: string, value: JsonValue) => {
    const key = canonicalText(value)
    const left = removed.get(key) ?? 0
    if (left > 0) removed.set(key, left - 1)
    else added.push({ key, pointer })
  }
  const compareMappings = (pointer: string, has: JsonObject, must: JsonObject): void => {
    for (const key of Object.keys(has)) if (!Object.hasOwn(must, key)) remove(has[key]!)
    for (const key of Object.keys(must)) if (!Object.hasOwn(has, key)) add(joinPointer(pointer, key), must[key]!)
    for (const key of Object.keys(has)) if (Object.hasOwn(must, key)) compare(joinPointer(pointer, key), has[key]!, must[key]!)
  }
  const compareLists = (pointer: string, has: JsonValue[], [must]: JsonValue[]): void => {
    const [first, ...others] = has
    const text = canonicalText(must!)
    const equal = has.findIndex((item) => canonicalText(item) === text)
    if (equal >= 0) {
      for (const item of has.toSpliced(equal, 1)) remove(item)
      return
    }
    if (first === undefined) add(`${pointer}/0`, must!)
    else if (isJsonObject(first)) compareMappings(`${pointer}/0`, first, must as JsonObject)
    else replaced.push({ pointer: `${pointer}/0`, must: JSON.stringify(must) })
    for (const item of others) remove(item)
  }
  const compare = (pointer: string, has: JsonValue, must: JsonValue): void => {
    if (isJsonObject(has) && isJsonObject(must)) compareMappings(pointer, has, must)
    else if (Array.isArray(has) && Array.isArray(must)) compareLists(pointer, has, must)
    else if (has !== must) replaced.push({ pointer, must: JSON.stringify(must) })
  }
  compareMappings(MANIFEST, root, REQUIRED)
  return [...added.map(({ pointer }) => ({ pointer, must: null })), ...replaced]
}

/** Text that equal values share. What is deeper than anything required equals nothing of it. */
function canonicalText(value: JsonValue, depth = 0): string {
  if (depth > DEEPEST_REQUIRED) return ''
  if (Array.isArray(value)) return `[${value.map((item) => canonicalText(item, depth + 1)).join()}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalText(value[key]!, depth + 1)}`).join()}}`
}

function refuse(faults: Fault[]): AedileError {
  const sorted = faults.toSorted((a, b) => (a.pointer < b.pointer ? -1 : 1))
  const say = ({ pointer, must }: Fault) => {
    const place = pointer.slice(MANIFEST.length)
    return must === null ? `${place} is missing` : `${place} must be ${must}`
  }
  const pointers = sorted.map(({ pointer }) => pointer)
  const why = `every Job of this type needs certain fields, but ${sorted.map(say).join(', ')}`
  return new AedileError('template_invalid', { pointer: MANIFEST, pointers, why })
}
