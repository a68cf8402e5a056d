import { type CompiledQuery, sql } from 'kysely'
import { parseDatabaseUrl } from '../database-url.ts'
import { openStore } from '../open.ts'
import { openReader } from '../sqlite/open-database.ts'
import type { Store } from '../store.ts'
import { countOrphans } from './count-orphans.ts'
import { readSchemaVersion } from './schema-version.ts'

export type Finding = { check: string; ok: boolean; detail: string }
export type Report = { database: string; ok: boolean; findings: Finding[] }

/** Looks whether a database is sound: its files or indexes, its schema, and rows that refer to nothing. */
export async function checkDatabase(url: string): Promise<Report> {
  const database = parseDatabaseUrl(url)
  const version = await readSchemaVersion(url)
  const findings: Finding[] = []
  const store = await openStore({ url, connections: 2, searchConnections: 2, searchDeadlineMilliseconds: 3_600_000 })
  try {
    findings.push({ check: 'schema', ok: true, detail: `version ${version}` })
    findings.push(...(database.kind === 'sqlite' ? checkFiles(database.file) : await checkIndexes(store)))
    findings.push(...(await countOrphans(store)))
  } finally {
    await store.close()
  }
  return { database: database.name, ok: findings.every((finding) => finding.ok), findings }
}

function checkFiles(file: string): Finding[] {
  const reader = openReader(file)
  try {
    return ['main', 'bulk'].flatMap((name) => {
      const damage = column(reader.pragma(`${name}.integrity_check(20)`), 'integrity_check')
      const sound = damage.length === 1 && damage[0] === 'ok'
      const dangling = column(reader.pragma(`${name}.foreign_key_check`), 'table')
      return [
        { check: `integrity of ${name}`, ok: sound, detail: damage.join('; ') },
        { check: `foreign keys of ${name}`, ok: dangling.length === 0, detail: `${dangling.length} broken` },
      ]
    })
  } finally {
    reader.close()
  }
}

function column(rows: unknown, name: string): string[] {
  return (rows as Record<string, unknown>[]).map((row) => String(row[name]))
}

async function checkIndexes(store: Store): Promise<Finding[]> {
  const query = sql<{ name: string }>`select indexrelid::regclass::text as name from pg_index where not indisvalid`
  const invalid = await store.search(query.compile(store.db) as CompiledQuery<{ name: string }>)
  const detail = invalid.length === 0 ? 'all valid' : `not valid: ${invalid.map((index) => index.name).join(', ')}`
  return [{ check: 'indexes', ok: invalid.length === 0, detail }]
}
