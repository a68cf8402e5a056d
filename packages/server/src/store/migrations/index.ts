import { first } from './0001-first.ts'
import { workerSettings } from './0002-worker-settings.ts'
import { listIndexes } from './0003-list-indexes.ts'
import { sparseIndexes } from './0004-sparse-indexes.ts'
import { coarseLogTimes } from './0005-coarse-log-times.ts'
import type { Migration } from './migration.ts'

/** Every step of the schema in order. Only ever append. */
export const migrations: readonly Migration[] = [first, workerSettings, listIndexes, sparseIndexes, coarseLogTimes]

/** The schema that this code works with. */
export const SCHEMA_VERSION = migrations.length
