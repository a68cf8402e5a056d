import type { CommandContext, Job, RunContext } from '@aedile/core/infrastructure-definition'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { isTruthy } from '@aedile/core/python-text'
import type { BuildTrace } from '@aedile/core/rendering/build-trace'
import { splitShellWords } from '@aedile/core/shell-words'
import { DEFAULT_IMAGE } from '@aedile/core/templates/default-image'
import { illTyped } from '@aedile/core/templates/field-values'
import { findPlaceholders, joinPointer } from '@aedile/core/templates/placeholders'
import { FLOW_RUN_COMMAND, flowRunCommand, PREFECT_VERSION, pickBaseFields, prepareBase } from '@aedile/core/templates/prepare'
import {
  collectEntries,
  type JobEnvironment,
  mergeManifestEnvironment,
  openEnvironment,
  restoreReferences,
  setEvictionBehaviour,
} from './environment.ts'
import { normalizeKubernetesFields } from './job.ts'
import { slugifyLabelKey, slugifyLabelValue, slugifyName } from './label-slugs.ts'
import { CONTAINER, MANIFEST, type Manifest, openManifest } from './manifest.ts'
import { PreparationTrace } from './preparation-trace.ts'

const DEFAULT_NAME = 'prefect-job'

/**
 * Prepares a job as a genuine Kubernetes worker does: checks its manifest, brings environment, labels, annotations and name
 * into it, and fills in what is missing.
 */
export function prepareKubernetes(job: Job, context: RunContext | CommandContext, trace?: BuildTrace): Job {
  const fields = normalizeKubernetesFields(job)
  const manifest = openManifest(job.job_manifest, fields.namespace)
  const told = trace ? new PreparationTrace(job, trace) : null
  const environment = openEnvironment(job.env)
  const opened: Job = { ...job, env: environment.values }
  const prepared = 'command' in context ? prepareCommand(opened) : prepareRun(opened, context, told)
  const env = restoreReferences(prepared.env, environment)
  const settled = 'command' in context ? env : setEvictionBehaviour(env, manifest.spec.backoffLimit, told)
  told?.environment(settled)
  told?.namespace()
  fillManifest(manifest, { job: prepared, env: settled, annotations: fields.annotations, context }, told)
  return { ...pickBaseFields(prepared), ...fields, env: settled as Job['env'], job_manifest: manifest.root }
}

function prepareCommand(job: Job): Job {
  return { ...job, env: Object.fromEntries(Object.entries(job.env).filter(([, value]) => value !== null)) }
}

function prepareRun(job: Job, context: RunContext, told: PreparationTrace | null): Job {
  const prepared = prepareBase(job, context, FLOW_RUN_COMMAND, told ?? undefined)
  return { ...prepared, labels: addStandardLabels(prepared.labels, job.labels, context, told) }
}

/** The labels that Kubernetes recommends, each behind those that they belong to; the user's stay the strongest. */
function addStandardLabels(
  labels: Record<string, string>,
  own: Record<string, string>,
  { flow, deployment }: RunContext,
  told: PreparationTrace | null,
): Record<string, string> {
  const added: [string, string][] = [
    ['app.kubernetes.io/managed-by', 'prefect'],
    ['app.kubernetes.io/part-of', 'prefect'],
    ['app.kubernetes.io/version', PREFECT_VERSION],
  ]
  const named = deployment ?? flow
  if (named) added.push(['app.kubernetes.io/name', slugifyLabelValue(named.name)])
  for (const [key] of added) {
    if (Object.hasOwn(own, key)) continue
    if (key !== 'app.kubernetes.io/name') told?.added(joinPointer('/labels', key), 'type', joinPointer('/labels', key))
    else told?.added(joinPointer('/labels', key), 'run', deployment ? '/deployment/name' : '/flow/name')
  }
  const first = Object.entries(labels).slice(0, 3)
  return { ...Object.fromEntries(first), ...Object.fromEntries(added), ...labels }
}

type Filling = { job: Job; env: JobEnvironment; annotations: Record<string, string>; context: RunContext | CommandContext }

function fillManifest(manifest: Manifest, { job, env, annotations, context }: Filling, told: PreparationTrace | null): void {
  const { metadata, template, container } = manifest
  container.env = mergeManifestEnvironment(collectEntries(env), container.env, told)
  const merged = { ...toLabels(`${MANIFEST}/metadata/labels`, metadata.labels), ...job.labels }
  metadata.labels = slugifyLabels(merged, `${MANIFEST}/metadata/labels`, job.labels, told)
  metadata.annotations = slugifyKeys({ ...(metadata.annotations as JsonObject), ...annotations }, annotations, told)
  fillContainer(container, context, told)
  fillName(metadata, job.name, told)
  template.metadata = buildPodMetadata(template.metadata, metadata, job.labels, told)
}

function fillContainer(container: JsonObject, context: RunContext | CommandContext, told: PreparationTrace | null): void {
  if (!Object.hasOwn(container, 'image')) {
    container.image = DEFAULT_IMAGE
    told?.added(`${CONTAINER}/image`, 'type', '/image')
  }
  const args = container.args ?? null
  if (typeof args === 'string') {
    const words = splitShellWords(args)
    container.args = words
    for (const index of words.keys()) told?.copied(`${CONTAINER}/args/${index}`, `${CONTAINER}/args`)
  } else if (args === null) {
    if ('command' in context) return
    container.args = splitShellWords(flowRunCommand(context, FLOW_RUN_COMMAND))
    told?.added(`${CONTAINER}/args`, 'type', '/command')
  } else if (!Array.isArray(args)) throw illTyped(`${CONTAINER}/args`, 'a command (text or a list)', args)
}

/** A name that is empty, or was none when the template was filled, is made of the job's name. */
function fillName(metadata: JsonObject, name: string | null, told: PreparationTrace | null): void {
  const given = metadata.generateName ?? ''
  const isNamed = isTruthy(given) && given !== '-' && given !== 'None-' && findPlaceholders(given).length === 0
  if (isNamed) return
  metadata.generateName = `${(name && slugifyName(name)) || DEFAULT_NAME}-`
  told?.moved(`${MANIFEST}/metadata/generateName`, '/name')
}

function buildPodMetadata(
  given: JsonValue | undefined,
  metadata: JsonObject,
  labels: Record<string, string>,
  told: PreparationTrace | null,
): JsonObject {
  const pointer = `${MANIFEST}/spec/template/metadata`
  if (given !== undefined && !isJsonObject(given)) throw illTyped(pointer, 'a mapping', given)
  const pod: JsonObject = { ...given }
  const own = Object.hasOwn(pod, 'labels') ? toLabels(`${pointer}/labels`, pod.labels) : {}
  pod.labels = slugifyLabels({ ...own, ...labels }, `${pointer}/labels`, labels, told)
  const annotations = metadata.annotations as JsonObject
  if (Object.keys(annotations).length === 0) return pod
  const before = pod.annotations === undefined ? {} : pod.annotations
  if (!isJsonObject(before)) throw illTyped(`${pointer}/annotations`, 'a mapping', before)
  pod.annotations = { ...before, ...annotations }
  for (const key of Object.keys(annotations)) {
    told?.moved(joinPointer(`${pointer}/annotations`, key), joinPointer(`${MANIFEST}/metadata/annotations`, key))
  }
  return pod
}

function toLabels(pointer: string, value: JsonValue | undefined): Record<string, string> {
  if (!isJsonObject(value)) throw illTyped(pointer, 'a mapping', value)
  for (const key of Object.keys(value)) {
    if (typeof value[key] !== 'string') throw illTyped(joinPointer(pointer, key), 'text', value[key])
  }
  return value as Record<string, string>
}

function slugifyLabels(
  labels: Record<string, string>,
  pointer: string,
  own: Record<string, string>,
  told: PreparationTrace | null,
): JsonObject {
  const slugged: JsonObject = {}
  const keys = Object.keys(labels)
  let isWhole = told !== null
  for (const key of keys) {
    const slug = slugifyLabelKey(key)
    slugged[slug] = slugifyLabelValue(labels[key]!)
    if (slug !== key || !Object.hasOwn(own, key)) isWhole = false
  }
  if (isWhole) told?.moved(pointer, '/labels')
  else if (told) tellLabels(keys, pointer, own, told)
  return slugged
}

function tellLabels(keys: string[], pointer: string, own: Record<string, string>, told: PreparationTrace): void {
  for (const key of keys) {
    const slug = slugifyLabelKey(key)
    if (Object.hasOwn(own, key)) told.moved(joinPointer(pointer, slug), joinPointer('/labels', key))
    else if (slug !== key) told.copied(joinPointer(pointer, slug), joinPointer(pointer, key))
  }
}

function slugifyKeys(annotations: JsonObject, own: JsonObject, told: PreparationTrace | null): JsonObject {
  const pointer = `${MANIFEST}/metadata/annotations`
  const slugged: JsonObject = {}
  for (const key of Object.keys(annotations)) {
    const slug = slugifyLabelKey(key)
    slugged[slug] = annotations[key]!
    if (told && Object.hasOwn(own, key)) told.moved(joinPointer(pointer, slug), joinPointer('/annotations', key))
    else if (slug !== key) told?.copied(joinPointer(pointer, slug), joinPointer(pointer, key))
  }
  return slugged
}
