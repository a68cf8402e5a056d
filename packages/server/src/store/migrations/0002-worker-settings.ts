import type { Migration } from './migration.ts'

/** Workers of ours tell which settings they were given, by name; previews of what they start show them. */
export const workerSettings: Migration = {
  version: 2,
  name: 'worker-settings',
  // Servers of the first schema read and write what they know, and leave the column empty.
  worksWith: 1,
  async main({ types, kind, run }) {
    await run(`alter table ${kind === 'sqlite' ? 'main.' : ''}worker add column setting_names ${types.json}`)
  },
  async bulk() {},
}
