// The load generator, a process of its own so that it shares neither event loop nor heap with what it measures.
import { setTimeout as sleep } from 'node:timers/promises'
import { sendBurst, streamEvents } from './events.ts'
import { type LeanAnswer, LeanConnection } from './lean-connection.ts'
import type { Load, LoadResult, Work } from './load.ts'
import { Pace } from './pace.ts'
import { prepareWork, type RequestWork, type Send } from './work.ts'

/** What is under way when the time is over may still be answered for so long. */
const GRACE_SECONDS = 10
/** The pause after an answer that is an error, so that a server which refuses at once is not asked in a tight loop. */
const PAUSE_MILLISECONDS = 50

process.once('message', (load: Load) => {
  runLoad(load).then(
    (result) => process.send!({ result }, () => process.disconnect()),
    (error: unknown) => process.send!({ failure: String(error) }, () => process.disconnect()),
  )
})

// When whoever wanted the result is gone, nobody is to be loaded any more.
process.once('disconnect', () => process.exit())

async function runLoad(load: Load): Promise<LoadResult> {
  if (load.warmUpSeconds > 0) await measure({ ...load, connections: 1, seconds: load.warmUpSeconds }, Number.POSITIVE_INFINITY)
  return measure(load, load.times ?? Number.POSITIVE_INFINITY)
}

async function measure(load: Load, times: number): Promise<LoadResult> {
  const before = { time: performance.now(), cpu: process.cpuUsage() }
  const result = isRequests(load.work)
    ? await sendRequests(load, prepareWork(load.work), times)
    : await sendEvents(load, load.work)
  const seconds = (performance.now() - before.time) / 1000
  // A websocket that is opened first is no part of a rate.
  if (result.seconds === 0) result.seconds = seconds
  const cpu = process.cpuUsage(before.cpu)
  result.clientCores = (cpu.user + cpu.system) / 1e6 / seconds
  return result
}

function isRequests(work: Work): work is RequestWork {
  return work.name !== 'event-stream' && work.name !== 'event-burst'
}

async function sendEvents(load: Load, work: Exclude<Work, RequestWork>): Promise<LoadResult> {
  if (work.name === 'event-burst') return { ...emptyResult(), done: work.count, marks: await sendBurst(load.apiUrl, work.count) }
  const { done, seconds, waits } = await streamEvents(load.apiUrl, load.seconds)
  return { ...emptyResult(), done, seconds, requests: waits, sent: waits.length }
}

async function sendRequests(load: Load, work: (send: Send) => Promise<boolean>, times: number): Promise<LoadResult> {
  const abort = new AbortController()
  const end = performance.now() + load.seconds * 1000
  const grace = setTimeout(() => abort.abort(), (load.seconds + GRACE_SECONDS) * 1000)
  const result = emptyResult()
  const pace = load.perSecond === undefined ? null : new Pace(load.perSecond)
  let begun = 0
  const occupy = async () => {
    const connection = new LeanConnection(load.apiUrl, abort.signal)
    const send = sendMeasured(connection, result, abort.signal)
    while (performance.now() < end && begun < times) {
      begun++
      await pace?.next()
      if (await work(send)) result.done++
      else await sleep(PAUSE_MILLISECONDS)
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: load.connections }, occupy))
  clearTimeout(grace)
  return result
}

function emptyResult(): LoadResult {
  return { done: 0, seconds: 0, requests: [], errors: {}, sent: 0, clientCores: 0, marks: {} }
}

function sendMeasured(connection: LeanConnection, result: LoadResult, signal: AbortSignal): Send {
  const fail = (name: string) => {
    result.errors[name] = (result.errors[name] ?? 0) + 1
    return null
  }
  return async (path, body, whatIsWrong) => {
    result.sent++
    const started = performance.now()
    let answer: LeanAnswer
    try {
      answer = await connection.post(path, typeof body === 'string' ? body : JSON.stringify(body))
    } catch (error) {
      return fail(signal.aborted ? `no answer ${GRACE_SECONDS} s after the end` : (error as Error).message)
    }
    if (answer.status >= 300) return fail(String(answer.status))
    const ended = performance.now()
    const wrong = whatIsWrong?.(answer) ?? null
    if (wrong !== null) return fail(wrong)
    result.requests.push(ended - started)
    return answer
  }
}
