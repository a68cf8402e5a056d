import { isNextOutput } from '@aedile/core/attempts/transitions'
import { findPieceEnd } from '@aedile/process/output-pieces'
import { splitLines } from '@aedile/worker/attempt/output-lines'
import type { Step } from './search.ts'

/**
 * A child that writes, a worker that ships what it reads, and a server that stores it. The child is stopped between any two
 * bytes, the worker is killed and comes back anywhere, answers are lost, and messages of killed workers arrive late. Where a
 * piece ends, what its lines are and whether they are stored is decided by the functions that driver, worker and server use.
 */
const OUTPUT = new TextEncoder().encode('a\n\nbé\nlast')
const ALL_LINES = splitLines(new TextDecoder().decode(OUTPUT))

type Piece = { from: number; to: number }
type Message = { after: string | null; cursor: string; lines: string[] }
type ModelWorker = {
  up: boolean
  /** Up to where it has read. */
  position: number
  /** Up to where it knows that lines are stored. */
  stored: string | null
  /** Read and not stored. The first one is being sent when `sending`. */
  waiting: Piece[]
  sending: boolean
}

export type OutputModel = {
  written: number
  over: boolean
  worker: ModelWorker
  /** Messages that left their worker and have not arrived. */
  late: Message[]
  server: { cursor: string | null; lines: string[] }
  kills: number
  losses: number
  delays: number
}

export type OutputBudget = { kills: number; losses: number; delays: number }
/** Whether the server stores a message. */
export type OutputRule = (stored: string | null, message: Message) => boolean

export function startOfOutput(budget: OutputBudget): OutputModel {
  return {
    written: 0,
    over: false,
    worker: { up: true, position: 0, stored: null, waiting: [], sending: false },
    late: [],
    server: { cursor: null, lines: [] },
    ...budget,
  }
}

/** Everything that can happen next. */
export function outputSteps(model: OutputModel, rule: OutputRule = isNextOutput): Step<OutputModel>[] {
  return [...childSteps(model), ...(model.worker.up ? workerSteps(model, rule) : returnSteps(model)), ...lateSteps(model, rule)]
}

function childSteps(model: OutputModel): Step<OutputModel>[] {
  if (model.over) return []
  if (model.written === OUTPUT.length)
    return [change(model, 'the child ends', (next) => void Object.assign(next, { over: true }))]
  return [change(model, 'the child writes a byte', (next) => void Object.assign(next, { written: next.written + 1 }))]
}

function workerSteps(model: OutputModel, rule: OutputRule): Step<OutputModel>[] {
  const { worker } = model
  const steps: Step<OutputModel>[] = []
  const length = findPieceEnd(OUTPUT.subarray(worker.position, model.written), model.over)
  if (length > 0) {
    steps.push(change(model, `the worker reads ${length} bytes`, (next) => read(next.worker, length)))
  }
  if (worker.waiting.length > 0) steps.push(...sendSteps(model, rule))
  if (model.kills > 0) {
    steps.push(
      change(model, 'the worker is killed', (next) => {
        next.kills -= 1
        next.worker = { up: false, position: 0, stored: null, waiting: [], sending: false }
      }),
    )
  }
  return steps
}

/** What is being sent does not grow any more. */
function read(worker: ModelWorker, length: number): void {
  const to = worker.position + length
  const last = worker.waiting.at(-1)
  if (last && !(worker.sending && worker.waiting.length === 1)) last.to = to
  else worker.waiting.push({ from: worker.position, to })
  worker.position = to
}

function sendSteps(model: OutputModel, rule: OutputRule): Step<OutputModel>[] {
  const message = messageOf(model.worker)
  const steps = [
    change(model, `the worker stores up to ${message.cursor}`, (next) => {
      takeIn(next, message, rule)
      hearAnswer(next, message)
    }),
  ]
  if (model.losses > 0) {
    steps.push(
      change(model, `the worker stores up to ${message.cursor}, the answer is lost`, (next) => {
        next.losses -= 1
        next.worker.sending = true
        takeIn(next, message, rule)
      }),
    )
  }
  if (model.delays > 0) {
    steps.push(
      change(model, `a message up to ${message.cursor} is under way`, (next) => {
        next.delays -= 1
        next.worker.sending = true
        next.late.push(message)
      }),
    )
  }
  return steps
}

function messageOf({ waiting, stored }: ModelWorker): Message {
  const { from, to } = waiting[0]!
  return { after: stored, cursor: String(to), lines: splitLines(new TextDecoder().decode(OUTPUT.subarray(from, to))) }
}

function takeIn({ server }: OutputModel, message: Message, rule: OutputRule): void {
  if (!rule(server.cursor, message)) return
  server.lines.push(...message.lines)
  server.cursor = message.cursor
}

/** When another cursor is stored than the one that was sent, the worker reads again, from there. */
function hearAnswer({ worker, server }: OutputModel, message: Message): void {
  worker.sending = false
  worker.stored = server.cursor
  if (server.cursor === message.cursor) worker.waiting.shift()
  else Object.assign(worker, { waiting: [], position: Number(server.cursor ?? 0) })
}

function returnSteps(model: OutputModel): Step<OutputModel>[] {
  return [
    change(model, 'the worker comes back', ({ worker, server }) =>
      Object.assign(worker, { up: true, stored: server.cursor, position: Number(server.cursor ?? 0) }),
    ),
  ]
}

function lateSteps(model: OutputModel, rule: OutputRule): Step<OutputModel>[] {
  return model.late.map((message, index) =>
    change(model, `the message up to ${message.cursor} arrives late`, (next) => {
      next.late.splice(index, 1)
      takeIn(next, message, rule)
    }),
  )
}

function change(model: OutputModel, name: string, apply: (next: OutputModel) => void): Step<OutputModel> {
  const next = JSON.parse(JSON.stringify(model)) as OutputModel
  apply(next)
  return { name, next }
}

/** At every moment exactly the lines up to the cursor are stored: none lost, none doubled, none in pieces. */
export function outputFault({ server }: OutputModel): string | null {
  const expected = ALL_LINES.slice(0, server.lines.length)
  if (server.lines.join('\n') !== expected.join('\n')) return `stored is ${JSON.stringify(server.lines)}`
  const upTo = splitLines(new TextDecoder().decode(OUTPUT.subarray(0, Number(server.cursor ?? 0))))
  return upTo.length === server.lines.length
    ? null
    : `the cursor is at ${server.cursor}, stored is ${JSON.stringify(server.lines)}`
}

export function isOutputEnd({ server, late }: OutputModel): boolean {
  return server.lines.length === ALL_LINES.length && late.length === 0
}
