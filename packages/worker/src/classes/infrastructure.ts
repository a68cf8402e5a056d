import { AedileError } from '@aedile/core/errors'
import type { BaseJobTemplate, InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import type { JsonObject, JsonValue } from '@aedile/core/json'
import { Block } from './block.ts'
import { InfrastructureLog, type InfrastructureLogger } from './infrastructure-log.ts'
import type { InfrastructureResult } from './infrastructure-result.ts'
import type { OutputTarget } from './run-command.ts'
import type { ScriptSources } from './script-settings.ts'
import { buildWorkPoolTemplate } from './work-pool-template.ts'

/** What every infrastructure may be given. */
export type InfrastructureAttributes = {
  /** Variables for the command, stronger than all others. Null removes one. Default none. */
  env?: Record<string, string | null>
  /** Labels of what is created, where it can carry them. Default none. */
  labels?: Record<string, string>
  /** A name for what is created. Default null: as the infrastructure chooses. */
  name?: string | null
  /** The command as words; no shell reads it. Default `python -m prefect.engine`. Null is the default, too. */
  command?: readonly string[] | null
}

/** How one command is run. */
export type RunOptions<Started> = {
  /** Called once, when the thing is created: with its id, and with the id by which any process may kill it. */
  onStarted?: (identifier: Started, ids: { infrastructurePid: string }) => void
  /** Stops the thing when it is aborted; `run` then rejects with the signal's reason, after the thing has ended. */
  signal?: AbortSignal
  /** How long it may take to end after an abort, in seconds, before it is killed. Default 30. */
  graceSeconds?: number
  /** Whether output is told, for this run only. Default: the attribute `streamOutput`. */
  streamOutput?: boolean
  /** Where output goes. Default: the standard output and the standard error of this process. */
  output?: OutputTarget
  /** Where the class tells what it does. Default: the attribute `logger`. */
  logger?: InfrastructureLogger
  /** Settings and environment. Default: those of this process, and the profile in use. */
  sources?: ScriptSources
}

/** What a preview may be given. */
export type PreviewOptions = Pick<RunOptions<never>, 'logger' | 'sources'>

const DEFAULT_COMMAND = ['python', '-m', 'prefect.engine']
const METHODS = ['run', 'preview', 'kill'] as const

/**
 * Something that runs one command: a block with the capability `run-infrastructure`. Needs no server, except to be saved
 * or loaded. `Started` is what `onStarted` gets.
 */
export abstract class Infrastructure<
  Started extends string | number = string | number,
  Result extends InfrastructureResult = InfrastructureResult,
> extends Block {
  /** The name of the type, which is also the slug of the block. */
  abstract readonly type: string
  readonly env: Record<string, string | null>
  readonly labels: Record<string, string>
  readonly name: string | null
  readonly command: string[]

  constructor({ env = {}, labels = {}, name = null, command = null }: InfrastructureAttributes = {}) {
    super()
    if (new.target === Infrastructure) throw new TypeError('Infrastructure is abstract: use one of its classes, e.g. Process.')
    for (const method of METHODS) {
      if (typeof this[method] !== 'function') throw new TypeError(`${new.target.name} is abstract: it has no ${method}().`)
    }
    this.env = { ...env }
    this.labels = this.toOwnLabels(labels ?? {})
    this.name = name
    this.command = [...(command ?? DEFAULT_COMMAND)]
  }

  /** Tells what it does to the standard error, under the name `prefect.infrastructure.<type>`. */
  get logger(): InfrastructureLog {
    return new InfrastructureLog(this.type)
  }

  /**
   * Creates the thing, follows it to its end and resolves with how that was. A command that fails is no error: see
   * `ok` and `statusCode`.
   * @throws AedileError `infrastructure_failed` when it cannot start, `infrastructure_unreachable` when its target does not
   * answer; the signal's reason when it was aborted.
   */
  abstract run(options?: RunOptions<Started>): Promise<Result>

  /** What would run, as text. Nothing is run. */
  abstract preview(options?: PreviewOptions): Promise<string>

  /**
   * Ends what a `run` of this machine's user started, also from another process: asks, waits, then kills. Takes the id of
   * `onStarted` or the `infrastructurePid`.
   * @param graceSeconds how long it may take to end by itself. Default 30.
   * @throws AedileError `infrastructure_not_found` when it ended or was never started, `infrastructure_not_available` when
   * it is not on this target.
   */
  abstract kill(identifier: string | number, graceSeconds?: number): Promise<void>

  /**
   * The base job template of a work pool whose runs get what this block says: its values are the defaults of the pool's
   * variables, those that it does not set stay as they are. What such a pool cannot say is told as a warning.
   * @throws AedileError `infrastructure_failed` when there are no work pools of this kind.
   */
  generateWorkPoolBaseJobTemplate({ logger = this.logger }: { logger?: InfrastructureLogger } = {}): BaseJobTemplate {
    const { workPoolDefinition: definition } = this
    if (definition === null) {
      throw new AedileError('infrastructure_failed', { what: `There are no work pools for blocks of ${this.type}.` })
    }
    const OwnClass = this.constructor as new () => this
    const own = { data: this.toStored(), defaults: new OwnClass().toStored() }
    return buildWorkPoolTemplate(definition, own, (field, value) => this.toPoolVariables(field, value), logger)
  }

  /** The type of work pool whose worker runs the same; null when there is none. */
  protected get workPoolDefinition(): InfrastructureDefinition | null {
    return null
  }

  /** The variables of such a pool that a stored field becomes. Null: none. */
  protected toPoolVariables(field: string, value: JsonValue): JsonObject | null {
    return { [field]: value }
  }

  /** Another block: these values under its own. The original stays. */
  withDefaults({ env, labels, name }: Required<Pick<InfrastructureAttributes, 'env' | 'labels' | 'name'>>): this {
    const changes = { env: { ...env, ...this.env }, labels: { ...labels, ...this.labels }, name: this.name ?? name }
    const OwnClass = this.constructor as new (attributes: InfrastructureAttributes) => this
    return new OwnClass({ ...this, ...changes })
  }

  /** Labels in the form of the infrastructure. */
  protected toOwnLabels(labels: Record<string, string>): Record<string, string> {
    return { ...labels }
  }
}
