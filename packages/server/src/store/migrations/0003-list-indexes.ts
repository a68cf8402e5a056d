import type { Migration } from './migration.ts'

/**
 * Lists of flow runs are read along one index, newest first, whatever states they are filtered by. On SQLite the index
 * holds the state, so that rows of other states are passed by without being read; on Postgres it has the order that is
 * asked for, because there an index has nulls at one end only.
 */
export const listIndexes: Migration = {
  version: 3,
  name: 'list-indexes',
  worksWith: 1,
  async main({ kind, run }) {
    const isSqlite = kind === 'sqlite'
    const prefix = isSqlite ? 'main.' : ''
    const replace = async (name: string, time: string) => {
      await run(`drop index if exists ${prefix}flow_run_${name}_index`)
      const columns = isSqlite ? `${time}, state_type, state_name` : `${time} desc nulls last, id desc`
      await run(`create index ${prefix}flow_run_${name}_index on flow_run (${columns})`)
    }
    await replace('start', isSqlite ? 'coalesce(start_time, expected_start_time)' : '(coalesce(start_time, expected_start_time))')
    await replace('expected_start', 'expected_start_time')
    if (isSqlite) await run('drop index if exists main.flow_run_state_name_index')
    else await replace('end', 'end_time')
  },
  async bulk() {},
}
