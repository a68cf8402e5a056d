import { AedileError } from '@aedile/core/errors'
import { SCHEMA_VERSION } from './index.ts'

/** What a database says about its schema. */
export type SchemaState = {
  /** The last step that was made, 0 when there is none. */
  version: number
  /** The oldest version of the code that can work with it. */
  worksWith: number
}

/** The table that remembers the steps, the same on both databases. */
export const MIGRATION_TABLE = 'aedile_migration'

/** @throws `database_newer` when this code does not know what a newer version made of the database. */
export function refuseNewer(state: SchemaState, database: string): void {
  if (state.version > SCHEMA_VERSION && state.worksWith > SCHEMA_VERSION) {
    throw new AedileError('database_newer', { database, found: state.version, known: SCHEMA_VERSION })
  }
}

/** @throws `database_older` when steps are missing and nobody asked to make them. */
export function refuseOlder(state: SchemaState, database: string): void {
  if (state.version < SCHEMA_VERSION) {
    throw new AedileError('database_older', { database, found: state.version, known: SCHEMA_VERSION })
  }
}
