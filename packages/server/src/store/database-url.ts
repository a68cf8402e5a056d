import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AedileError } from '@aedile/core/errors'

/** Where a database is, read from the text that people write. `name` is for messages: it has no password. */
export type DatabaseUrl = { kind: 'sqlite'; file: string; name: string } | { kind: 'postgres'; url: string; name: string }

/**
 * Reads `postgres://...`, `sqlite:///absolute/path` or a path. The forms of the genuine server (`postgresql+asyncpg:`,
 * `sqlite+aiosqlite:` with four slashes) are understood too.
 * @throws `database_url_invalid` for any other kind of database.
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const postgres = /^postgres(?:ql)?(?:\+\w+)?:(\/\/.*)$/.exec(text)
  if (postgres) {
    const url = `postgres:${postgres[1]}`
    return { kind: 'postgres', url, name: withoutPassword(url) }
  }
  if (text.startsWith('file:')) return toFile(fileURLToPath(text))
  const sqlite = /^sqlite(?:\+\w+)?:(.*)$/.exec(text)
  if (!sqlite) {
    // Without this a URL of another database would quietly become a file in the working directory.
    const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1]
    if (scheme) throw new AedileError('database_url_invalid', { given: `${scheme}://...` })
    return toFile(text)
  }
  if (/^\/*:memory:$|mode=memory/.test(sqlite[1]!))
    throw new AedileError('database_url_invalid', { given: 'a database in memory' })
  const path = sqlite[1]!.replace(/^\/{2,}/, '/')
  return toFile(path.replace(/^\/([A-Za-z]:[\\/])/, '$1'))
}

function toFile(path: string): DatabaseUrl {
  const file = resolve(path)
  return { kind: 'sqlite', file, name: file }
}

function withoutPassword(url: string): string {
  try {
    const parsed = new URL(url)
    return `${parsed.protocol}//${parsed.host}${parsed.pathname}`
  } catch {
    return 'postgres'
  }
}
