import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Load, LoadResult } from './load.ts'

/** Runs a load in a process of its own and gives what came of it. */
export function runLoad(load: Load): Promise<LoadResult> {
  const child = fork(fileURLToPath(new URL('load-process.ts', import.meta.url)), { serialization: 'advanced' })
  return new Promise((resolve, reject) => {
    child.once('message', (message: { result: LoadResult } | { failure: string }) =>
      'result' in message ? resolve(message.result) : reject(new Error(`The load failed: ${message.failure}`)),
    )
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`The load process ended with ${code} before its result.`)))
    child.send(load)
  })
}
