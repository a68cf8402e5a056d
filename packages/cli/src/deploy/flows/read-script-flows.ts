import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { AedileError } from '@aedile/core/errors'
import { CliFailure } from '../../failure.ts'
import type { ScriptAnswer, ScriptFlow, ScriptQuestion } from './script-thread.ts'

const LOAD_SECONDS = 60

/** Reads the flow that an entrypoint in TypeScript or JavaScript names. */
export async function readScriptFlow(entrypoint: string, folder: string): Promise<ScriptFlow> {
  const [flow] = await ask({ aedile: 'read-flows', folder, entrypoint })
  return flow!
}

/** Reads all flows that a file exports. */
export function readScriptFlows(file: string, folder: string): Promise<ScriptFlow[]> {
  return ask({ aedile: 'read-flows', folder, file })
}

async function ask(question: ScriptQuestion): Promise<ScriptFlow[]> {
  // By its own name, so that it is the source in development and dist when installed, also from within a bundle.
  const path = createRequire(import.meta.url).resolve('aedile/deploy/flows/script-thread')
  const thread = new Worker(pathToFileURL(path), { workerData: question, stdout: true, stderr: true })
  // What a file prints while it is loaded is no result of ours.
  thread.stdout.pipe(process.stderr, { end: false })
  thread.stderr.pipe(process.stderr, { end: false })
  try {
    const answer = await within(LOAD_SECONDS, firstMessage(thread), 'file' in question ? question.file : question.entrypoint)
    if ('flows' in answer) return answer.flows
    const { code, details, message } = answer.error
    throw code === null ? new CliFailure(message) : new AedileError(code, details)
  } finally {
    await thread.terminate()
  }
}

function firstMessage(thread: Worker): Promise<ScriptAnswer> {
  return new Promise((resolve, reject) => {
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', (code) => reject(new CliFailure(`The flow file ended the process that loaded it (exit code ${code}).`)))
  })
}

async function within<T>(seconds: number, work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const failure = new CliFailure(`${what} was not loaded within ${seconds} s. Does it wait for something at its top level?`)
    timer = setTimeout(() => reject(failure), seconds * 1000)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
