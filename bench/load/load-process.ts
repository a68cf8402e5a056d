// The load generator, a process of its own so that it shares neither event loop nor heap with what it measures.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, ApiConnection } from './api-connection.ts'
import type { Load, LoadResult } from './load.ts'
import { prepareWork, type Send } from './work.ts'

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
  const work = prepareWork(load.work)
  const abort = new AbortController()
  const end = performance.now() + load.seconds * 1000
  const grace = setTimeout(() => abort.abort(), (load.seconds + GRACE_SECONDS) * 1000)
  const result: LoadResult = { done: 0, seconds: 0, requests: [], errors: {}, sent: 0, clientCores: 0 }
  let begun = 0
  const occupy = async () => {
    const connection = new ApiConnection(load.apiUrl, abort.signal)
    const send = sendMeasured(connection, result, abort.signal)
    while (performance.now() < end && begun < times) {
      begun++
      if (await work(send)) result.done++
      else await sleep(PAUSE_MILLISECONDS)
    }
    connection.close()
  }
  const before = { time: performance.now(), cpu: process.cpuUsage() }
  await Promise.all(Array.from({ length: load.connections }, occupy))
  clearTimeout(grace)
  result.seconds = (performance.now() - before.time) / 1000
  const cpu = process.cpuUsage(before.cpu)
  result.clientCores = (cpu.user + cpu.system) / 1e6 / result.seconds
  return result
}

function sendMeasured(connection: ApiConnection, result: LoadResult, signal: AbortSignal): Send {
  const fail = (name: string) => {
    result.errors[name] = (result.errors[name] ?? 0) + 1
    return null
  }
  return async (path, body, whatIsWrong) => {
    result.sent++
    const started = performance.now()
    let answer: Answer
    try {
      answer = await connection.send('POST', path, body)
    } catch (error) {
      return fail(signal.aborted ? `no answer ${GRACE_SECONDS} s after the end` : (error as Error).message)
    }
    if (answer.status >= 300) return fail(String(answer.status))
    const wrong = whatIsWrong?.(answer) ?? null
    if (wrong !== null) return fail(wrong)
    result.requests.push(performance.now() - started)
    return answer
  }
}
