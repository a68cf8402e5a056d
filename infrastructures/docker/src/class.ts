import { AedileError } from '@aedile/core/errors'
import type { CommandContext, InfrastructureDefinition, Job } from '@aedile/core/infrastructure-definition'
import type { JsonObject, JsonValue } from '@aedile/core/json'
import { joinShellWords } from '@aedile/core/shell-words'
import { DEFAULT_IMAGE } from '@aedile/core/templates/default-image'
import { type BlockConstructor, type LoadOptions, loadBlock } from '@aedile/worker/classes/block'
import { endWithScript } from '@aedile/worker/classes/end-with-script'
import {
  Infrastructure,
  type InfrastructureAttributes,
  type PreviewOptions,
  type RunOptions,
} from '@aedile/worker/classes/infrastructure'
import type { InfrastructureLogger } from '@aedile/worker/classes/infrastructure-log'
import { InfrastructureResult } from '@aedile/worker/classes/infrastructure-result'
import { findStarted, GRACE_SECONDS, processOutput, runCommand } from '@aedile/worker/classes/run-command'
import { baseEnvironment, readScriptSources, type ScriptSources } from '@aedile/worker/classes/script-settings'
import type { Connection } from '@aedile/worker/infrastructure-driver'
import { dockerContainerBlock } from './class-block.ts'
import { connectDocker } from './class-connection.ts'
import { containerIdOf, tellOutcome, tellStatus } from './class-log.ts'
import { buildContainerSettings, findVolumeError, findWarnings, ImagePullPolicy, JOB_PULL_POLICIES } from './class-settings.ts'
import { dockerDefinition } from './definition.ts'
import type { DockerJob } from './job.ts'
import { toDockerLabels } from './prepare.ts'
import { DockerRegistry } from './registry.ts'
import type { DockerRequest } from './request.ts'

/** What a DockerContainer may be given. */
export type DockerContainerAttributes = InfrastructureAttributes & {
  /** The image, with its tag. Default the Prefect image of the version that Aedile equals. */
  image?: string | null
  /** When the image is pulled. Default null: always for the tag `latest` and for none, else if it is not there. */
  imagePullPolicy?: ImagePullPolicy | null
  /** Where to log in before the image is pulled. Default null. */
  imageRegistry?: DockerRegistry | null
  /** Networks that the container is connected to, the first when it is created. Default none. */
  networks?: readonly string[]
  /**
   * `host`, `bridge`, `none`, ...; not together with `networks`. Default null: `host` on Linux where the API is on this
   * machine, else Docker's own.
   */
  networkMode?: string | null
  /** Whether the container is removed when it has ended. Default false: it can be looked at. */
  autoRemove?: boolean
  /** Mounts, as `local_path:container_path`. Default none. */
  volumes?: readonly string[]
  /** Whether output goes to the script's own. Default true. */
  streamOutput?: boolean
}

/** How a container ended: `identifier` is its id; the status code of one that was removed meanwhile is -1. */
export class DockerContainerResult extends InfrastructureResult {}

/**
 * Runs a command in a new container, without a server. The engine is found as Docker's own tools find it (`DOCKER_HOST`,
 * contexts, the socket of this machine).
 *
 * The container gets the Prefect settings that were explicitly set, and `env`, which is stronger. On Linux, where the API
 * is on this machine, it shares this machine's network. Otherwise `localhost` in the API's URL becomes
 * `host.docker.internal`: then the API has to listen on 0.0.0.0 or on Docker's bridge; on macOS localhost is enough. A
 * `PREFECT_API_URL` in `env` stays as it is, and decides on the network.
 */
export class DockerContainer extends Infrastructure<string, DockerContainerResult> {
  static readonly blockClass = dockerContainerBlock
  static override readonly nestedClasses: Readonly<Record<string, BlockConstructor>> = { image_registry: DockerRegistry }
  readonly type = 'docker-container'
  readonly image: string
  readonly imagePullPolicy: ImagePullPolicy | null
  readonly imageRegistry: DockerRegistry | null
  readonly networks: string[]
  readonly networkMode: string | null
  readonly autoRemove: boolean
  readonly volumes: string[]
  readonly streamOutput: boolean

  /** @throws AedileError `block_invalid` for a volume without a colon or an unknown pull policy. */
  constructor(attributes: DockerContainerAttributes = {}) {
    super(attributes)
    this.image = attributes.image ?? DEFAULT_IMAGE
    this.imagePullPolicy = checkPullPolicy(attributes.imagePullPolicy ?? null)
    this.imageRegistry = attributes.imageRegistry ?? null
    this.networks = [...(attributes.networks ?? [])]
    this.networkMode = attributes.networkMode ?? null
    this.autoRemove = attributes.autoRemove ?? false
    this.volumes = checkVolumes(attributes.volumes ?? [])
    this.streamOutput = attributes.streamOutput ?? true
  }

  static fromAttributes(attributes: Record<string, unknown>): DockerContainer {
    return new DockerContainer(attributes as DockerContainerAttributes)
  }

  /**
   * Loads the block of this name from the server, with the registry in it.
   * @throws AedileError `api_not_found`, `api_unreachable`.
   */
  static load(name: string, options?: LoadOptions): Promise<DockerContainer> {
    return loadBlock(DockerContainer, name, options)
  }

  /**
   * Pulls the image where the policy says so, runs the command and resolves when the container has ended. `onStarted` gets
   * the container's id.
   * @throws AedileError `infrastructure_unreachable` ("Could not connect to Docker."), `infrastructure_failed` when the image
   * cannot be pulled or the container not started; the signal's reason when it was aborted.
   */
  run(options: RunOptions<string> = {}): Promise<DockerContainerResult> {
    return endWithScript(options.signal, (signal) => this.#run({ ...options, signal }))
  }

  async #run(options: RunOptions<string>): Promise<DockerContainerResult> {
    const { logger = this.logger, sources = readScriptSources(), onStarted, signal, graceSeconds } = options
    this.#refuseImpossible()
    signal?.throwIfAborted()
    const connection = await connectDocker()
    try {
      await this.#buildSettings(connection, sources, logger)
      const { handle, outcome } = await runCommand({
        definition: dockerDefinition,
        connection,
        job: this.#toJob(options.streamOutput ?? this.streamOutput),
        context: toContext(sources),
        output: options.output ?? processOutput,
        logger,
        onStatus: tellStatus(logger),
        onStarted: (started) => {
          logger.info(`Docker container '${started.name}' has status 'running'`)
          onStarted?.(containerIdOf(started), { infrastructurePid: dockerDefinition.infrastructurePid(started)! })
        },
        signal,
        graceSeconds,
      })
      tellOutcome(logger, handle, outcome)
      return new DockerContainerResult(containerIdOf(handle), outcome.exitCode ?? -1)
    } finally {
      await connection.close()
    }
  }

  /**
   * The settings that the container would be created with, as JSON. Asks the engine for its version, and nothing else.
   * @throws AedileError `infrastructure_unreachable` ("Could not connect to Docker.").
   */
  async preview({ sources = readScriptSources(), logger = this.logger }: PreviewOptions = {}): Promise<string> {
    const connection = await connectDocker()
    try {
      return JSON.stringify(await this.#buildSettings(connection, sources, logger), null, 2)
    } finally {
      await connection.close()
    }
  }

  /**
   * Ends a container that scripts started on this engine.
   * @param identifier the container's id, or `<address of the engine>:<container id>`
   */
  async kill(identifier: string | number, graceSeconds: number = GRACE_SECONDS): Promise<void> {
    const text = String(identifier)
    const colon = text.lastIndexOf(':')
    const id = text.slice(colon + 1)
    const connection = await connectDocker()
    try {
      const here = String((await connection.facts()).baseUrl)
      const target = colon < 0 ? here : text.slice(0, colon)
      const name = `Container ${id}`
      if (target !== here) throw new AedileError('infrastructure_not_available', { name, target, here })
      const handle = await findStarted(connection, ({ native }) => native.containerId === id)
      if (!handle) throw new AedileError('infrastructure_not_found', { name, target })
      await connection.stop(handle, graceSeconds)
    } finally {
      await connection.close()
    }
  }

  protected override toOwnLabels(labels: Record<string, string>): Record<string, string> {
    return toDockerLabels(labels)
  }

  protected override get workPoolDefinition(): InfrastructureDefinition {
    return dockerDefinition as unknown as InfrastructureDefinition
  }

  /** A registry only by reference: a template is no place for a password. Its pools know the same fields by another name. */
  protected override toPoolVariables(field: string, value: JsonValue): JsonObject | null {
    if (field === 'image_pull_policy') return { image_pull_policy: JOB_PULL_POLICIES[value as ImagePullPolicy] }
    if (field !== 'image_registry') return super.toPoolVariables(field, value)
    return this.imageRegistry?.documentId ? { registry_credentials: value } : null
  }

  async #buildSettings(connection: Connection<DockerRequest>, sources: ScriptSources, logger: InfrastructureLogger) {
    const facts = await connection.facts()
    const prepared = dockerDefinition.prepare(this.#toJob(this.streamOutput), toContext(sources)) as DockerJob
    const settings = buildContainerSettings(prepared, this.command, facts)
    for (const warning of findWarnings(settings, facts)) logger.warn(warning)
    return settings
  }

  #toJob(streamOutput: boolean): Job {
    const { imageRegistry: registry, imagePullPolicy: policy } = this
    return {
      name: this.name,
      command: joinShellWords(this.command),
      env: this.env,
      labels: this.labels,
      image: this.image,
      registry_credentials: registry?.toStored() ?? null,
      image_pull_policy: policy && JOB_PULL_POLICIES[policy],
      networks: this.networks,
      network_mode: this.networkMode,
      auto_remove: this.autoRemove,
      volumes: this.volumes,
      stream_output: streamOutput,
    }
  }

  #refuseImpossible(): void {
    if (this.command.length === 0) throw failed('Docker container cannot be run with empty command.')
    if (this.networks.length > 0 && this.networkMode) {
      throw failed(
        `Docker container cannot be run with networks (${this.networks.join(', ')}) and the network mode '${this.networkMode}': set one of the two.`,
      )
    }
  }
}

function toContext(sources: ScriptSources): CommandContext {
  return { command: true, settings: baseEnvironment(sources), platform: process.platform }
}

function checkPullPolicy(policy: string | null): ImagePullPolicy | null {
  if (policy === null || Object.hasOwn(ImagePullPolicy, policy)) return policy as ImagePullPolicy | null
  throw invalid(`The image pull policy is one of ${Object.keys(ImagePullPolicy).join(', ')}, not ${JSON.stringify(policy)}.`)
}

function checkVolumes(volumes: readonly string[]): string[] {
  for (const volume of volumes) {
    const error = findVolumeError(volume)
    if (error) throw invalid(error)
  }
  return [...volumes]
}

function invalid(what: string): AedileError {
  return new AedileError('block_invalid', { what })
}

function failed(what: string): AedileError {
  return new AedileError('infrastructure_failed', { what })
}
