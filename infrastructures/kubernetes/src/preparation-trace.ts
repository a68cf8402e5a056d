import type { Job } from '@aedile/core/infrastructure-definition'
import { isJsonObject, type JsonValue } from '@aedile/core/json'
import type { AddedLayer, BuildTrace } from '@aedile/core/rendering/build-trace'
import { joinPointer } from '@aedile/core/templates/placeholders'
import type { JobEnvironment } from './environment.ts'
import type { EnvironmentEntry } from './job.ts'
import { CONTAINER, MANIFEST } from './manifest.ts'

const NAMESPACE = `${MANIFEST}/metadata/namespace`
const ENTRIES = `${CONTAINER}/env`

/**
 * Tells where a prepared manifest's parts come from. What the job has in another shape than preparation reads it is known
 * here: an environment that is a list, and a namespace that is missing.
 */
export class PreparationTrace implements BuildTrace {
  readonly #job: Job
  readonly #trace: BuildTrace
  /** Where the entries of a list stand that have a value, by the field that they are read as. */
  readonly #listed: Map<string, string> | null
  /** Where the entries of a list stand that have `valueFrom`, by name. */
  readonly #references = new Map<string, string>()

  constructor(job: Job, trace: BuildTrace) {
    this.#job = job
    this.#trace = trace
    const env: unknown = job.env
    this.#listed = Array.isArray(env) ? new Map() : null
    if (Array.isArray(env)) for (const [index, entry] of env.entries()) this.#rememberEntry(entry, index)
  }

  copied(to: string, from: string): void {
    this.#listed?.delete(to)
    this.#trace.copied(to, from)
  }

  added(to: string, layer: AddedLayer, path: string): void {
    this.#listed?.delete(to)
    this.#trace.added(to, layer, path)
  }

  /** What is at `to` is what stands at `field` of the result, too. */
  moved(to: string, field: string): void {
    const listed = this.#listed?.get(field)
    if (listed === undefined) this.#trace.moved(to, field)
    else this.#trace.copied(to, listed)
  }

  /** The job's own environment, where it is or was a list. */
  environment(env: JobEnvironment): void {
    if (Array.isArray(env)) for (const [index, entry] of env.entries()) this.#tellEntry(joinPointer('/env', index), entry)
    else if (Array.isArray(this.#job.env)) {
      for (const name of Object.keys(env)) this.moved(joinPointer('/env', name), joinPointer('/env', name))
    }
  }

  /** An entry of the job's environment, in the container. */
  entry(index: number, entry: EnvironmentEntry): void {
    this.#tellEntry(joinPointer(ENTRIES, index), entry)
  }

  /** The namespace, where the manifest had none of its own. */
  namespace(): void {
    const manifest = this.#job.job_manifest
    const metadata = isJsonObject(manifest) ? manifest.metadata : null
    if (isJsonObject(metadata) && Object.hasOwn(metadata, 'namespace')) return
    if (this.#job.namespace === undefined) this.added(NAMESPACE, 'type', '/namespace')
    else this.moved(NAMESPACE, '/namespace')
  }

  #rememberEntry(entry: JsonValue, index: number): void {
    if (!isJsonObject(entry)) return
    const pointer = joinPointer('/env', String(entry.name))
    if (Object.hasOwn(entry, 'valueFrom')) this.#references.set(pointer, `/env/${index}`)
    else this.#listed?.set(pointer, `/env/${index}/value`)
  }

  #tellEntry(at: string, entry: EnvironmentEntry): void {
    const pointer = joinPointer('/env', String(entry.name))
    if (Object.hasOwn(entry, 'valueFrom')) {
      this.copied(at, this.#references.get(pointer) ?? pointer)
    } else {
      this.moved(joinPointer(at, 'name'), pointer)
      this.moved(joinPointer(at, 'value'), pointer)
    }
  }
}
