import { mkdirSync, readFileSync, readlinkSync } from 'node:fs'
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Handle } from '@aedile/core/infrastructure-definition'
import type { JsonValue } from '@aedile/core/json'
import { joinShellWords } from '@aedile/core/shell-words'
import type { Subject, SubjectTarget } from '@aedile/worker/testing/exercise-infrastructure'
import { processDefinition } from '../definition.ts'
import { processDriver } from '../driver.ts'
import { parseStat } from '../process-table.ts'
import type { ProcessRequest } from '../request.ts'

/** The process type, as the conformance suite tries it. */
export const processSubject: Subject = {
  name: 'process',
  definition: processDefinition,
  driver: processDriver,
  setUp,
  job: (script, variables = {}) => ({
    name: null,
    command: joinShellWords(['sh', '-c', script]),
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', ...variables },
    labels: {},
    stream_output: true,
    working_dir: null,
  }),
  secondProcess: fileURLToPath(new URL('./second-process.ts', import.meta.url)),
  signals: 'told',
  largeBytes: 50 * 1024 * 1024,
}

async function setUp(): Promise<SubjectTarget> {
  const root = await mkdtemp(join(tmpdir(), 'aedile-process-'))
  const scratch = join(root, 'scratch')
  mkdirSync(scratch)
  return {
    target: { stateDirectory: join(root, 'state') },
    credentials: {},
    scratch,
    isAlive,
    inspect,
    makeForeign: async (name) => {
      const file = join(root, 'state', 'attempts', name, 'precious')
      mkdirSync(join(root, 'state', 'attempts', name))
      await writeFile(file, 'not ours')
      return {
        isThere: () =>
          access(file).then(
            () => true,
            () => false,
          ),
      }
    },
    tearDown: () => rm(root, { recursive: true, force: true }),
  }
}

/** True while a process lives; one that only waits to be collected is dead. */
export function isAlive(pid: number): boolean {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.zombie === false
  } catch {
    return false
  }
}

async function inspect(handle: Handle, request: JsonValue): Promise<{ seen: JsonValue; requested: JsonValue }> {
  const { argv, env, name } = request as ProcessRequest
  const read = (file: string) => readFileSync(`/proc/${handle.native.pid}/${file}`, 'utf8').split('\0').slice(0, -1)
  const seen = Object.fromEntries(
    read('environ').map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  )
  const cwd = readlinkSync(`/proc/${handle.native.pid}/cwd`)
  // A shell sets PWD; bash more.
  const ofShell = Object.fromEntries(Object.entries(seen).filter(([key]) => ['PWD', 'OLDPWD', 'SHLVL', '_'].includes(key)))
  return {
    seen: { argv: read('cmdline'), env: seen, directory: cwd.endsWith(join(name, 'work')) },
    requested: { argv, env: { ...env, ...ofShell }, directory: true },
  }
}
