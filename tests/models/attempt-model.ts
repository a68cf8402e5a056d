import { LEASE_SECONDS, UNATTENDED_SECONDS } from '@aedile/core/attempts/messages'
import {
  type AttemptRow,
  advance,
  cancel,
  claim,
  expire,
  fence,
  intend,
  isAbandoned,
  isRefusal,
  type RunRow,
  renew,
  takeOver,
} from '@aedile/core/attempts/transitions'
import type { Outcome } from '@aedile/core/infrastructure-definition'
import { isTerminal, type StateType } from '@aedile/core/states'
import { stateForOutcome } from '@aedile/worker/attempt/report'
import type { Step } from './search.ts'

/**
 * Two workers on one target, one server, one run, and the thing that an attempt starts. Messages are lost before or after
 * they were taken in, workers are killed and come back at any point, leases run out, the run is cancelled at any point. All
 * decisions are made by the functions that server and worker use; the model only moves messages between them.
 */
const TARGET = 'host:boot'

/** What a worker remembers on its disk of the attempt that it follows. */
type Memory = {
  key: string
  step: 'claiming' | 'claimed' | 'intended' | 'started' | 'ended' | 'reported'
  stopped: boolean
} | null
type ModelWorker = { up: boolean; memory: Memory }
type Thing = { starts: number; alive: boolean; exit: 'completed' | 'failed' | 'stopped' | null; removed: boolean }

export type Model = {
  now: number
  run: RunRow
  rows: Record<string, AttemptRow>
  things: Record<string, Thing>
  workers: ModelWorker[]
  /** What may still go wrong, so that the search ends. */
  kills: number
  losses: number
  expiries: number
  cancels: number
}

export type Budget = { kills: number; losses: number; expiries: number; cancels: number }

export function startOf(budget: Budget): Model {
  return {
    now: 0,
    run: { attemptKey: null, stateType: 'SCHEDULED', lapses: 0 },
    rows: {},
    things: {},
    workers: [
      { up: true, memory: null },
      { up: true, memory: null },
    ],
    ...budget,
  }
}

const nameOf = (index: number) => `w${index}`

/** Everything that can happen next. */
export function stepsOf(model: Model): Step<Model>[] {
  return [
    ...model.workers.flatMap((_, index) => workerSteps(model, index)),
    ...childSteps(model),
    ...serverSteps(model),
    ...cancelSteps(model),
  ]
}

function workerSteps(model: Model, index: number): Step<Model>[] {
  const worker = model.workers[index]!
  const name = nameOf(index)
  if (!worker.up)
    return [
      change(model, `${name} comes back`, (next) => {
        next.workers[index]!.up = true
      }),
    ]
  const steps: Step<Model>[] = []
  if (model.kills > 0) {
    steps.push(
      change(model, `${name} is killed`, (next) => {
        next.kills -= 1
        next.workers[index]!.up = false
      }),
    )
  }
  const memory = worker.memory
  if (memory === null) return [...steps, ...claimSteps(model, index), ...takeOverSteps(model, index)]
  return [...steps, ...attendSteps(model, index, memory)]
}

function claimSteps(model: Model, index: number): Step<Model>[] {
  if (model.run.stateType !== 'SCHEDULED') return []
  return [
    change(model, `${nameOf(index)} notes a key`, (next) => {
      const key = `${nameOf(index)}-${Object.keys(model.rows).length}`
      next.workers[index]!.memory = { key, step: 'claiming', stopped: false }
    }),
  ]
}

function takeOverSteps(model: Model, index: number): Step<Model>[] {
  return Object.values(model.rows).flatMap((row) => {
    const taken = takeOver(row, nameOf(index), [TARGET], model.now)
    if (isRefusal(taken)) return []
    return [
      change(model, `${nameOf(index)} takes ${row.key} over`, (next) => {
        next.rows[row.key] = taken
        next.workers[index]!.memory = { key: row.key, step: stepOf(taken), stopped: false }
      }),
    ]
  })
}

function stepOf(row: AttemptRow): NonNullable<Memory>['step'] {
  return row.phase === 'intended' || row.phase === 'started' || row.phase === 'ended' ? row.phase : 'reported'
}

/** A message of a worker: taken in and answered, taken in with the answer lost, or lost. */
function message(
  model: Model,
  text: string,
  deliver: (next: Model) => boolean,
  answered: (next: Model, ok: boolean) => void,
): Step<Model>[] {
  const steps = [change(model, text, (next) => answered(next, deliver(next)))]
  if (model.losses > 0) {
    steps.push(
      change(model, `${text}, answer lost`, (next) => {
        next.losses -= 1
        deliver(next)
      }),
    )
  }
  return steps
}

function attendSteps(model: Model, index: number, memory: NonNullable<Memory>): Step<Model>[] {
  const name = nameOf(index)
  const { key } = memory
  const letGo = (next: Model) => {
    next.workers[index]!.memory = null
  }
  const move = (step: NonNullable<Memory>['step']) => (next: Model, ok: boolean) => {
    if (ok) next.workers[index]!.memory = { ...next.workers[index]!.memory!, step }
    else letGo(next)
  }
  switch (memory.step) {
    case 'claiming':
      return message(model, `${name} claims with ${key}`, (next) => deliverClaim(next, key, name), move('claimed'))
    case 'claimed':
      return message(
        model,
        `${name} intends ${key}`,
        (next) => deliver(next, key, (row) => intend(next.run, row, name, TARGET, next.now)),
        move('intended'),
      )
    case 'intended':
      return [
        change(model, `${name} starts ${key}`, (next) => {
          // The driver's promise: the same attempt twice is one thing.
          next.things[key] ??= { starts: 0, alive: false, exit: null, removed: false }
          const thing = next.things[key]
          if (thing.starts === 0) Object.assign(thing, { starts: 1, alive: true })
          next.workers[index]!.memory = { ...memory, step: 'started' }
        }),
        ...renewSteps(model, index, memory),
      ]
    case 'started':
      return observeSteps(model, index, memory)
    case 'ended':
      return message(
        model,
        `${name} reports ${key}`,
        (next) => {
          const ok = deliver(next, key, (row) => advance(row, name, 'ended', next.now))
          if (ok) deliverReport(next, key)
          return ok && deliver(next, key, (row) => advance(row, name, 'reported', next.now))
        },
        move('reported'),
      )
    case 'reported':
      return message(
        model,
        `${name} removes ${key}`,
        (next) => {
          if (next.things[key]) next.things[key].removed = true
          return deliver(next, key, (row) => advance(row, name, 'removed', next.now))
        },
        letGo,
      )
  }
}

function observeSteps(model: Model, index: number, memory: NonNullable<Memory>): Step<Model>[] {
  const name = nameOf(index)
  const thing = model.things[memory.key]
  const steps = renewSteps(model, index, memory)
  const row = model.rows[memory.key]
  if (row && row.worker === name && (row.phase === 'intended' || row.phase === 'unattended')) {
    steps.push(
      ...message(
        model,
        `${name} records ${memory.key}`,
        (next) => deliver(next, memory.key, (stored) => advance(stored, name, 'started', next.now)),
        (next, ok) => {
          if (!ok) next.workers[index]!.memory = null
        },
      ),
    )
  }
  if (thing?.alive && model.run.stateType === 'CANCELLING' && model.run.attemptKey === memory.key) {
    steps.push(
      change(model, `${name} stops ${memory.key}`, (next) => {
        Object.assign(next.things[memory.key]!, { alive: false, exit: 'stopped' })
        next.workers[index]!.memory!.stopped = true
      }),
    )
  }
  if (!thing?.alive) {
    steps.push(
      change(model, `${name} sees ${memory.key} ended`, (next) => {
        next.workers[index]!.memory!.step = 'ended'
      }),
    )
  }
  return steps
}

/** A worker learns from a renewal that it has lost the attempt. */
function renewSteps(model: Model, index: number, memory: NonNullable<Memory>): Step<Model>[] {
  const row = model.rows[memory.key]
  if (!row || !isRefusal(renew(row, nameOf(index), model.now))) return []
  return [
    change(model, `${nameOf(index)} learns that it lost ${memory.key}`, (next) => {
      next.workers[index]!.memory = null
    }),
  ]
}

/** The child: an engine that reports Running and its own end, or dies without a word. */
function childSteps(model: Model): Step<Model>[] {
  return Object.entries(model.things).flatMap(([key, thing]) => {
    if (!thing.alive) return []
    const steps = [
      change(
        model,
        `the child of ${key} dies`,
        (next) => void Object.assign(next.things[key]!, { alive: false, exit: 'failed' }),
      ),
    ]
    if (model.run.stateType === 'PENDING' && fence(model.run, key) === null) {
      steps.push(
        change(model, `the child of ${key} proposes Running`, (next) => {
          next.run.stateType = 'RUNNING'
        }),
      )
    }
    if (model.run.stateType === 'RUNNING' && fence(model.run, key) === null) {
      steps.push(
        change(model, `the child of ${key} completes`, (next) => {
          next.run.stateType = 'COMPLETED'
          Object.assign(next.things[key]!, { alive: false, exit: 'completed' })
        }),
      )
    }
    return steps
  })
}

function serverSteps(model: Model): Step<Model>[] {
  return Object.values(model.rows).flatMap((row) => {
    const steps: Step<Model>[] = []
    const later = model.now + LEASE_SECONDS
    if (model.expiries > 0 && row.leaseExpires !== null && expire(model.run, row, later)) {
      steps.push(
        change(model, `the lease of ${row.key} runs out`, (next) => {
          next.expiries -= 1
          applyExpiry(next, row.key, later)
        }),
      )
    }
    const muchLater = (row.unattendedSince ?? 0) + UNATTENDED_SECONDS
    if (isAbandoned(model.run, row, null, muchLater) && !model.things[row.key]?.alive) {
      steps.push(
        change(model, `${row.key} is given up`, (next) => {
          next.run.stateType = 'CRASHED'
        }),
      )
    }
    return steps
  })
}

function applyExpiry(next: Model, key: string, later: number): void {
  const expiry = expire(next.run, next.rows[key]!, later)!
  next.rows[key] = { ...expiry.row, unattendedSince: expiry.row.unattendedSince === null ? null : next.now }
  if (expiry.kind !== 'lapsed' || expiry.run === 'keep') return
  next.run.attemptKey = null
  next.run.lapses += 1
  next.run.stateType = expiry.run === 'crash' ? 'CRASHED' : 'SCHEDULED'
}

function cancelSteps(model: Model): Step<Model>[] {
  const { run } = model
  if (model.cancels === 0 || isTerminal(run.stateType) || run.stateType === 'CANCELLING') return []
  return [
    change(model, 'a person cancels', (next) => {
      next.cancels -= 1
      const row = run.attemptKey === null ? null : (next.rows[run.attemptKey] ?? null)
      const verdict = cancel(run, row)
      next.run.stateType = verdict === 'cancelled' ? 'CANCELLED' : 'CANCELLING'
      if (verdict === 'cancelled') next.run.attemptKey = null
    }),
  ]
}

function deliverClaim(next: Model, key: string, worker: string): boolean {
  if (next.run.attemptKey === key && next.run.stateType === 'PENDING') return true
  if (next.run.stateType !== 'SCHEDULED') return false
  next.run = { ...next.run, attemptKey: key, stateType: 'PENDING' }
  next.rows[key] = claim('run', key, worker, next.now)
  return true
}

function deliver(next: Model, key: string, apply: (row: AttemptRow) => AttemptRow | { refused: string }): boolean {
  const row = next.rows[key]
  if (!row) return false
  const result = apply(row)
  if (isRefusal(result)) return false
  next.rows[key] = { ...result, leaseExpires: result.leaseExpires === null ? null : next.now + LEASE_SECONDS }
  if (result.phase === 'intended') next.run.lapses = 0
  return true
}

function deliverReport(next: Model, key: string): void {
  const exit = next.things[key]?.exit ?? 'failed'
  const outcome: Outcome = { kind: exit, exitCode: null, signal: null, reason: null, advice: null, lastLines: [] }
  const isCancelled = next.run.stateType === 'CANCELLING'
  const state = stateForOutcome({ state: next.run.stateType, outcome, reports: 'engine', isCancelled })
  if (state && fence(next.run, key) === null) next.run.stateType = state.type as StateType
}

function change(model: Model, name: string, apply: (next: Model) => void): Step<Model> {
  // Several times faster than structuredClone, and this is what the search does most.
  const next = JSON.parse(JSON.stringify(model)) as Model
  apply(next)
  return { name, next }
}

/** The promises, as what must never be seen. */
export function faultOf(model: Model): string | null {
  const things = Object.entries(model.things)
  if (things.some(([, thing]) => thing.starts > 1)) return 'a thing was started twice under one attempt'
  if (things.filter(([, thing]) => thing.alive).length > 1) return 'two attempts of one run live at once'
  if (model.run.stateType === 'CANCELLED' && things.some(([, thing]) => thing.alive))
    return 'Cancelled while its infrastructure lives'
  const present = model.run.attemptKey === null ? null : model.rows[model.run.attemptKey]
  const holdsSlot = ['PENDING', 'RUNNING', 'CANCELLING'].includes(model.run.stateType)
  if (holdsSlot && (!present || present.phase === 'lapsed')) return 'a slot is held by nobody'
  if (model.run.stateType === 'SCHEDULED' && things.some(([, thing]) => thing.alive))
    return 'Scheduled again while its infrastructure lives'
  return null
}

/** The run is over, and nothing that was made for it is left. */
export function isEnd(model: Model): boolean {
  const left = Object.values(model.things).some((thing) => !thing.removed)
  return isTerminal(model.run.stateType) && !left
}
