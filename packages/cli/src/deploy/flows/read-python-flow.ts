import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { AedileError } from '@aedile/core/errors'
import type { JsonObject } from '@aedile/core/json'
import { CliFailure } from '../../failure.ts'
import type { FlowFacts } from './flow-facts.ts'
import { READ_FLOW } from './python-script.ts'

const LOAD_SECONDS = 60

type Answer =
  | { name: string; description: string | null; version: string | null; schema: JsonObject }
  | { error: 'no-prefect'; message: string }
  | { error: 'missing' | 'broken'; place: string | null; message: string; found: string[] }

/** Reads a flow in Python by the first of the interpreters that has Prefect; null when none has. */
export async function readPythonFlow(entrypoint: string, folder: string, pythons: string[]): Promise<FlowFacts | null> {
  const path = entrypoint.slice(0, entrypoint.lastIndexOf(':'))
  if (path.endsWith('.py') && !existsSync(resolve(folder, path))) {
    throw new AedileError('flow_file_missing', { file: resolve(folder, path), cwd: folder })
  }
  for (const python of pythons) {
    const answer = await ask(python, entrypoint, folder)
    if (answer === null || ('error' in answer && answer.error === 'no-prefect')) continue
    if ('error' in answer) throw explain(answer, entrypoint, path)
    const { name, description, version, schema } = answer
    return { name, entrypoint, description, version, tags: [], parameterSchema: schema }
  }
  return null
}

function explain(answer: Extract<Answer, { found: string[] }>, entrypoint: string, path: string): AedileError {
  if (answer.error === 'missing') {
    const name = entrypoint.slice(path.length + 1)
    return new AedileError('flow_not_in_file', { file: path, name, found: answer.found.join(', ') || 'none' })
  }
  return new AedileError('flow_file_broken', { place: answer.place ?? path, reason: answer.message })
}

/** Null when there is no such interpreter. */
async function ask(python: string, entrypoint: string, cwd: string): Promise<Answer | null> {
  const child = spawn(python, ['-c', READ_FLOW, entrypoint], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(LOAD_SECONDS * 1000),
    killSignal: 'SIGKILL',
  })
  const [, stdout, stderr, answer] = child.stdio
  // What a file prints while it is loaded is no result of ours.
  stdout!.pipe(process.stderr, { end: false })
  stderr!.pipe(process.stderr, { end: false })
  const ended = new Promise<Error | null>((done) => {
    child.once('error', done)
    child.once('close', () => done(null))
  })
  const written = text(answer as NodeJS.ReadableStream).catch(() => '')
  const error = await ended
  if (error && 'code' in error && error.code === 'ENOENT') return null
  if (error) throw new CliFailure(`${entrypoint} was not loaded by ${python} within ${LOAD_SECONDS} s: ${error.message}`)
  const told = await written
  if (told === '') throw new CliFailure(`${python} ended without telling about ${entrypoint}.`)
  return JSON.parse(told) as Answer
}
