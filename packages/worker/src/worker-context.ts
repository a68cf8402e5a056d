import type { ApiClient } from '@aedile/core/client/client'
import type { InfrastructureDefinition, TargetFacts, WorkerFacts } from '@aedile/core/infrastructure-definition'
import type { LogCreate } from '@aedile/core/resources/log'
import type { TemplateCache } from '@aedile/core/templates/compile'
import type { Logger } from 'pino'
import type { EventSender } from './event-sender.ts'
import type { Gatherer } from './gatherer.ts'
import type { Connection } from './infrastructure-driver.ts'
import type { AttemptLedger } from './ledger/ledger.ts'
import type { PoolWatcher } from './pool.ts'
import type { WorkerSettings } from './settings.ts'
import type { StateDirectory } from './state-directory.ts'

/** What every step of an attempt may use. One per worker, nothing hangs on a module. */
export type WorkerContext = {
  readonly client: ApiClient
  readonly definition: InfrastructureDefinition
  readonly connection: Connection
  readonly target: TargetFacts
  readonly ledger: AttemptLedger
  readonly notes: StateDirectory
  /** Lines of the worker for the logs of runs. */
  readonly lines: Gatherer<LogCreate, null>
  readonly events: EventSender
  readonly pool: PoolWatcher
  readonly facts: WorkerFacts
  readonly templates: TemplateCache
  readonly settings: WorkerSettings
  readonly log: Logger
  /** Where output of runs goes beside their logs, when their job asks for it. */
  readonly output: { stdout: (text: Uint8Array) => void; stderr: (text: Uint8Array) => void }
  /** Fires when the worker ends at once. */
  readonly signal: AbortSignal
}
