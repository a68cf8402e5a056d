import { spawn } from 'node:child_process'
import { appendFile, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { flow, getRunLogger, runContext, task } from '@aedile/sdk'
import { z } from 'zod'

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

const count = task({ name: 'count' }, async (number: number) => {
  getRunLogger().info(`counted ${number}`)
  return number
})

/** Counts until a file is there. Leaves a line in another file for each execution. */
export const counting = flow(
  { name: 'counting', parameters: z.object({ gate: z.string(), executions: z.string() }) },
  async ({ gate, executions }) => {
    await appendFile(executions, 'executed\n')
    let number = 0
    while (!(await exists(gate))) {
      number = await count(number + 1)
      console.log(`printed ${number}`)
      await sleep(50)
    }
    return number
  },
)

/** A child in a session of its own that ignores to be asked. */
function startStubbornChild(): void {
  const child = spawn('/bin/sh', ['-c', 'trap "" TERM; while :; do sleep 1; done'], { detached: true, stdio: 'ignore' })
  child.unref()
  console.log('ready')
}

/** Waits for ever, whoever asks it to end. */
export const waiting = flow({ name: 'waiting' }, async () => {
  startStubbornChild()
  for (;;) await sleep(1000)
})

/** Ends when it is asked to, and leaves its child behind. */
export const obeying = flow({ name: 'obeying' }, async () => {
  startStubbornChild()
  await sleep(1_000_000, undefined, { signal: runContext()!.signal })
})
