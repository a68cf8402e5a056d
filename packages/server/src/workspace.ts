import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import type { Logger } from 'pino'
import type { Changes } from './changes.ts'
import type { ServerSettings } from './settings.ts'
import type { Encryption } from './store/encryption.ts'
import type { Store } from './store/store.ts'

/** One database is one work space. Settings, services and caches hang on this object, never on a module. */
export type Workspace = {
  /** The id that this database got at first start. */
  readonly serverId: string
  readonly settings: ServerSettings
  readonly store: Store
  readonly encryption: Encryption
  readonly changes: Changes
  readonly log: Logger
  /** The infrastructures that work pools can have here. None when absent. */
  readonly definitions?: readonly InfrastructureDefinition[]
}
