import type { ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A port of this machine that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

/** Resolves when the address answers with success; fails when the process ends first or the time is over. */
export async function waitForHttp(url: string, child: ChildProcess | null, seconds: number): Promise<void> {
  await until(
    `${url} answers`,
    async () => {
      if (child && child.exitCode !== null) throw new Error(`The process ended with ${child.exitCode} before ${url} answered`)
      return (await fetch(url).catch(() => null))?.ok === true
    },
    seconds,
  )
}

/** Waits for something that can only be asked for. Fails with its name when the time is over. */
export async function until<T>(what: string, ask: () => Promise<T | false | null | undefined>, seconds: number): Promise<T> {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (performance.now() > deadline) throw new Error(`Not within ${seconds} s: ${what}`)
    await sleep(100)
  }
}
