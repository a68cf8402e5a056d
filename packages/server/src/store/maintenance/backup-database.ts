import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { AedileError } from '@aedile/core/errors'
import type BetterSqlite3 from 'better-sqlite3'
import { type DatabaseUrl, parseDatabaseUrl } from '../database-url.ts'
import { beginImmediate } from '../sqlite/begin.ts'
import { createFile, toBulkFile } from '../sqlite/files.ts'
import { openReader, openWriter } from '../sqlite/open-database.ts'

const LOCKED_MILLISECONDS = 10_000

export type Backup = { database: string; files: string[] }

/** Copies a database while servers use it. The key for its secrets is not in the copy. */
export async function backupDatabase(url: string, to: string): Promise<Backup> {
  const database = parseDatabaseUrl(url)
  const target = resolve(to)
  const files = database.kind === 'sqlite' ? [target, toBulkFile(target)] : [target]
  for (const file of files) {
    if (existsSync(file)) throw new AedileError('backup_refused', { database: database.name, reason: `${file} exists already` })
  }
  mkdirSync(dirname(target), { recursive: true })
  if (database.kind === 'sqlite') await copyFiles(database.file, files)
  else await dump(database, target)
  return { database: database.name, files }
}

async function copyFiles(file: string, targets: string[]): Promise<void> {
  const drafts = targets.map((target) => `${target}.part`)
  const reader = await openSnapshot(file)
  try {
    for (const [index, draft] of drafts.entries()) {
      rmSync(draft, { force: true })
      createFile(draft)
      const options = { attached: index === 0 ? 'main' : 'bulk', progress: () => 2000 }
      await reader.backup(draft, options as unknown as BetterSqlite3.BackupOptions)
    }
    for (const [index, draft] of drafts.entries()) renameSync(draft, targets[index]!)
  } finally {
    reader.close()
    for (const draft of drafts) rmSync(draft, { force: true })
  }
}

/** A reading connection that sees both files as of one instant: for that instant nobody may write. */
async function openSnapshot(file: string): Promise<BetterSqlite3.Database> {
  const writer = await openWriter(file, { synchronous: 'normal', create: false, lockedMilliseconds: LOCKED_MILLISECONDS })
  const reader = openReader(file)
  try {
    await beginImmediate(writer, LOCKED_MILLISECONDS)
    reader.exec('begin')
    for (const name of ['main', 'bulk']) reader.prepare(`select count(*) from ${name}.sqlite_schema`).get()
    writer.exec('rollback')
    return reader
  } catch (error) {
    reader.close()
    throw error
  } finally {
    writer.close()
  }
}

async function dump({ url, name }: DatabaseUrl & { kind: 'postgres' }, target: string): Promise<void> {
  const draft = `${target}.part`
  try {
    createFile(draft)
    await runPgDump(url, name, draft)
    renameSync(draft, target)
  } finally {
    rmSync(draft, { force: true })
  }
}

function runPgDump(url: string, database: string, file: string): Promise<void> {
  const refuse = (reason: string, cause?: unknown) => new AedileError('backup_refused', { database, reason }, { cause })
  return new Promise((resolve, reject) => {
    const child = spawn('pg_dump', ['--format=custom', `--file=${file}`, url], { stdio: ['ignore', 'ignore', 'pipe'] })
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = `${complaint}${text}`.slice(-2000)
    })
    child.on('error', (error) => reject(refuse('on Postgres a backup is made with pg_dump, which could not be started', error)))
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(refuse(`pg_dump ended with exit code ${code}: ${complaint.trim()}`))
    })
  })
}
