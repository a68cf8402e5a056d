import { mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { readStartTime } from './process-identity.ts'

const pidFile = z.object({ pid: z.int().positive(), startTime: z.string(), url: z.string(), version: z.string() })

/** What a server wrote of itself. */
export type ServerRecord = z.output<typeof pidFile>

/** What is known of the server of a home directory. */
export type ServerStatus = { running: true; server: ServerRecord } | { running: false }

/** Writes the file for this process. */
export async function writePidFile(home: string, { url, version }: Pick<ServerRecord, 'url' | 'version'>): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 })
  const record: ServerRecord = { pid: process.pid, startTime: (await readStartTime(process.pid)) ?? '', url, version }
  const draft = `${pathOf(home)}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(record)}\n`, { mode: 0o600 })
  await rename(draft, pathOf(home))
}

/** Removes the file, when it is still this process's. */
export async function removePidFile(home: string): Promise<void> {
  const record = await readRecord(home)
  if (record?.pid === process.pid) await unlink(pathOf(home)).catch(() => {})
}

/** Looks whether the server of a home directory runs. A pid that meanwhile belongs to another process does not count. */
export async function readServerStatus(home: string): Promise<ServerStatus> {
  const server = await readRecord(home)
  return server && (await isAlive(server)) ? { running: true, server } : { running: false }
}

/** How a stop went. */
export type StopResult = 'stopped' | 'killed' | 'not-running'

/** Asks the server of a home directory to stop, and ends it when it does not within the given time. */
export async function stopServer(home: string, { timeoutSeconds = 10 } = {}): Promise<StopResult> {
  const status = await readServerStatus(home)
  if (!status.running) return 'not-running'
  signal(status.server, 'SIGTERM')
  if (await hasEnded(status.server, timeoutSeconds)) return 'stopped'
  signal(status.server, 'SIGKILL')
  await hasEnded(status.server, 5)
  return 'killed'
}

function signal({ pid }: ServerRecord, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function hasEnded(server: ServerRecord, withinSeconds: number): Promise<boolean> {
  for (const deadline = performance.now() + withinSeconds * 1000; performance.now() < deadline; ) {
    if (!(await isAlive(server))) return true
    await sleep(50)
  }
  return !(await isAlive(server))
}

async function isAlive(server: ServerRecord): Promise<boolean> {
  const startTime = await readStartTime(server.pid)
  return startTime !== null && startTime === server.startTime
}

async function readRecord(home: string): Promise<ServerRecord | null> {
  const text = await readFile(pathOf(home), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return pidFile.parse(JSON.parse(text))
  } catch {
    return null
  }
}

function pathOf(home: string): string {
  return join(home, 'server.pid')
}
