import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runContextStorage } from '../run-context.ts'
import { defaultSessionSettings, openSession, type Session, type SessionSettings } from '../session.ts'

/** A session of a test: with a folder of its own, and what it would have written to the console. */
export type TestSession = {
  session: Session
  lines: string[]
  /** Calls flows and tasks in this session. */
  run: <T>(call: () => Promise<T>) => Promise<T>
  close: () => Promise<void>
}

/** Opens a session without reading the environment; without a server unless the settings name one. */
export async function openTestSession(settings: Partial<SessionSettings> = {}): Promise<TestSession> {
  const resultsFolder = await mkdtemp(join(tmpdir(), 'aedile-sdk-'))
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  const session = await openSession({ ...defaultSessionSettings(), resultsFolder, ...settings }, { write })
  return {
    session,
    lines,
    run: (call) => runContextStorage().run({ session, flow: null, task: null }, call),
    close: () => rm(resultsFolder, { recursive: true, force: true }),
  }
}
