import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LeaseAnswer, Attempt as StoredAttempt } from '@aedile/core/attempts/messages'
import { createClient } from '@aedile/core/client/client'
import { AedileError } from '@aedile/core/errors'
import type { Handle, InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import type { LogCreate } from '@aedile/core/resources/log'
import { TemplateCache } from '@aedile/core/templates/compile'
import pino from 'pino'
import { onTestFinished } from 'vitest'
import { EventSender } from '../event-sender.ts'
import { Gatherer } from '../gatherer.ts'
import type { Connection } from '../infrastructure-driver.ts'
import type { AttemptLedger } from '../ledger/ledger.ts'
import type { PoolWatcher } from '../pool.ts'
import { defaultWorkerSettings } from '../settings.ts'
import { type AttemptNote, StateDirectory } from '../state-directory.ts'
import type { WorkerContext } from '../worker-context.ts'

const POOL = { id: 'pool-id', name: 'pool' }

/** A server, a target and a state directory for a test's worker; what the worker does to them is written down. */
export class WorkerStage {
  readonly folder = mkdtempSync(join(tmpdir(), 'aedile-worker-'))
  readonly notes = new StateDirectory(this.folder)
  /** The runs that the server knows, by id. */
  readonly runs = new Map<string, { state_type: string; ended?: string }>()
  /** What the server has open, and what it answers to a renewal. */
  open: StoredAttempt[] = []
  lease: Partial<LeaseAnswer> = {}
  /** What is on the target. */
  things: Handle[] = []
  readonly said: string[] = []
  /** The things of which nothing had to stay on the target. */
  readonly forgotten: string[] = []
  readonly stop = new AbortController()

  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  get context(): WorkerContext {
    const { notes, stop } = this
    const client = createClient({ apiUrl: 'http://server/api', csrf: false, maxRetries: 0, fetch: this.#answer })
    const log = pino({ level: 'silent' })
    return {
      client,
      definition: { type: 'process', infrastructurePid: () => null } as unknown as InfrastructureDefinition,
      connection: this.#connection(),
      target: { id: 'here' },
      ledger: this.#ledger(),
      notes,
      lines: new Gatherer(async (lines: LogCreate[]) => lines.map(() => null)),
      events: new EventSender({ client, log }),
      pool: { current: POOL } as unknown as PoolWatcher,
      facts: { name: 'me', id: null, settings: {}, processEnvironment: {}, executeCommand: [], python: 'python3' },
      templates: new TemplateCache(),
      settings: defaultWorkerSettings,
      log,
      output: { stdout: () => {}, stderr: () => {} },
      signal: stop.signal,
    }
  }

  #ledger(): AttemptLedger {
    const say = (what: string) => async (key: string) => void this.said.push(`${what} ${key}`)
    const sayOf =
      <T>(what: string, answer: T) =>
      async ({ key }: { key: string }) => {
        this.said.push(`${what} ${key}`)
        return answer
      }
    return {
      serverId: 'server',
      shared: true,
      leaseSeconds: 45,
      claim: sayOf('claim', { facts: null }),
      intend: sayOf('intend', false),
      record: sayOf('record', null),
      advance: async (_, { cursor }) => cursor,
      end: async (key) => {
        this.said.push(`end ${key}`)
        return null
      },
      report: say('report'),
      remove: say('remove'),
      status: async () => {},
      renew: async () => ({ held: [], lost: [], cancelling: [], unattended: [], ...this.lease }),
      takeOver: async (key) => {
        this.said.push(`take over ${key}`)
        return this.lease.unattended?.find((attempt) => attempt.key === key) ?? null
      },
      open: async () => this.open,
    }
  }

  #connection(): Connection {
    return {
      facts: async () => ({ id: 'here' }),
      start: async (_, handle) => handle,
      // Goes on until the observation is given up.
      observe: (_, { signal }) => new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      stop: async ({ name }) => {
        this.said.push(`stop thing ${name}`)
        if (name === 'stubborn') throw new AedileError('infrastructure_failed', { what: 'It does not end.' })
      },
      announce: async ({ attempt }) => void this.said.push(`announce ${attempt}`),
      remove: async ({ name }, { hasOneStarter = false } = {}) => {
        this.said.push(`remove thing ${name}`)
        if (hasOneStarter) this.forgotten.push(name)
      },
      list: () => listAll(this.things),
      close: async () => {},
    }
  }

  readonly #answer: typeof fetch = async (input) => {
    const id = /\/flow_runs\/([^/]+)$/.exec(String(input))?.[1]
    const run = id === undefined ? undefined : this.runs.get(id)
    if (!run) return Response.json({ detail: 'Flow run not found' }, { status: 404 })
    const state = { type: run.state_type, timestamp: run.ended ?? '2026-01-01T00:00:00Z', state_details: {} }
    return Response.json({ id, state_type: run.state_type, state_name: run.state_type, state })
  }
}

async function* listAll(things: Handle[]): AsyncIterable<Handle> {
  yield* things
}

/** The handle of an attempt on this stage. */
export function handleOf(attempt: string, flowRunId = `run-${attempt}`): Handle {
  const facts = { type: 'process', target: 'here', server: 'server', keep: false, graceSeconds: 1, native: {} }
  return { ...facts, name: attempt, attempt, flowRunId, reports: 'engine' }
}

/** A note of this stage's worker. */
export function noteOf(key: string, changes: Partial<AttemptNote> = {}): AttemptNote {
  const owner = { server: 'server', workPool: 'pool', worker: 'me' }
  return {
    ...owner,
    key,
    flowRunId: `run-${key}`,
    step: 'started',
    handle: handleOf(key),
    logCursor: null,
    outcome: null,
    ...changes,
  }
}

/** An attempt as the server stores it. */
export function storedOf(key: string, changes: Partial<StoredAttempt> = {}): StoredAttempt {
  const times = { lease_expires: null, created: '2026-01-01T00:00:00Z', updated: '2026-01-01T00:00:00Z' }
  const place = { flow_run_id: `run-${key}`, work_pool_name: 'pool', worker_name: 'me' }
  const handle = handleOf(key) as unknown as StoredAttempt['handle']
  return { key, ...place, phase: 'started', phase_before: null, handle, outcome: null, log_cursor: null, ...times, ...changes }
}
