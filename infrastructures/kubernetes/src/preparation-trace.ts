import type { Job } from '@aedile/core/infrastructure-definition'
import { isJsonObject, type JsonValue } from '@aedile/core/json'
import type { AddedLayer, BuildTrace } from '@aedile/core/rendering/build-trace'
import { joinPointer } from '@aedile/core/templates/placeholders'
import type { JobEnvironment } from './environment.ts'
import type { EnvironmentEntry } from './job.ts'
import { CONTAINER, MANIFEST } from './manifest.ts'

type Told = { from: string } | { layer: AddedLayer; path: string }

/**
 * Tells where a prepared manifest's parts come from. What preparation adds to the job's own fields it adds to the manifest
 * too, so it remembers what was told of the former.
 */
export class PreparationTrace implements BuildTrace {
  readonly #job: Job
  readonly #trace: BuildTrace
  readonly #told = new Map<string, Told>()
  /** Where the entries of a list stand that have `valueFrom`, by name. */
  readonly #references = new Map<string, string>()

  constructor(job: Job, trace: BuildTrace) {
    this.#job = job
    this.#trace = trace
    const env: unknown = job.env
    if (Array.isArray(env)) for (const [index, entry] of env.entries()) this.#rememberEntry(entry, index)
    if (job.namespace === undefined) this.#told.set('/namespace', { layer: 'type', path: '/namespace' })
  }

  copied(to: string, from: string): void {
    this.#tell(to, { from })
  }

  added(to: string, layer: AddedLayer, path: string): void {
    this.#tell(to, { layer, path })
  }

  /** What is at `to` is what stands at `field` of the result, too. */
  moved(to: string, field: string): void {
    this.#tell(to, this.#told.get(field) ?? { from: field })
  }

  /** The job's own environment, where it is or was a list. */
  environment(env: JobEnvironment): void {
    if (Array.isArray(env)) for (const [index, entry] of env.entries()) this.#tellEntry(`/env/${index}`, entry)
    else if (Array.isArray(this.#job.env)) {
      for (const name of Object.keys(env)) this.moved(joinPointer('/env', name), joinPointer('/env', name))
    }
  }

  /** An entry of the job's environment, in the container. */
  entry(index: number, entry: EnvironmentEntry): void {
    this.#tellEntry(`${CONTAINER}/env/${index}`, entry)
  }

  /** The namespace, where the manifest had none of its own. */
  namespace(): void {
    const manifest = this.#job.job_manifest
    const metadata = isJsonObject(manifest) ? manifest.metadata : null
    if (!isJsonObject(metadata) || !Object.hasOwn(metadata, 'namespace'))
      this.moved(`${MANIFEST}/metadata/namespace`, '/namespace')
  }

  #rememberEntry(entry: JsonValue, index: number): void {
    if (!isJsonObject(entry)) return
    const pointer = joinPointer('/env', String(entry.name))
    if (Object.hasOwn(entry, 'valueFrom')) this.#references.set(pointer, `/env/${index}`)
    else this.#told.set(pointer, { from: `/env/${index}/value` })
  }

  #tellEntry(at: string, entry: EnvironmentEntry): void {
    const pointer = joinPointer('/env', String(entry.name))
    if (Object.hasOwn(entry, 'valueFrom')) {
      this.copied(at, this.#references.get(pointer) ?? pointer)
    } else {
      this.moved(`${at}/name`, pointer)
      this.moved(`${at}/value`, pointer)
    }
  }

  #tell(to: string, told: Told): void {
    this.#told.set(to, told)
    if ('from' in told) this.#trace.copied(to, told.from)
    else this.#trace.added(to, told.layer, told.path)
  }
}
