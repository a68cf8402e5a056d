import type { OutboxTable, StateTable } from './tables.ts'

/** What a column holds, in the words of Postgres: records of JSON are read by them. */
export type ColumnKind = 'uuid' | 'text' | 'bigint' | 'json'

/** The columns that the states of flow runs and of task runs have in common. */
export const stateKinds = {
  id: 'uuid',
  timestamp: 'bigint',
  type: 'text',
  name: 'text',
  message: 'text',
  state_details: 'json',
  data: 'json',
  result_artifact_id: 'uuid',
} satisfies Record<keyof StateTable, ColumnKind>

/** A row of the outbox before it has its number. */
export type NewOutboxRow = Omit<OutboxTable, 'sequence'>

export const outboxKinds = { kind: 'text', payload: 'json', created: 'bigint' } satisfies Record<keyof NewOutboxRow, ColumnKind>
