const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

type Running = { interrupt: AbortController; ended: Promise<void> }

/** What this process runs at the moment. */
const running = new Set<Running>()

/**
 * Runs something that is stopped when a signal ends this script, e.g. Ctrl-C: what was started stands in a session or on an
 * engine of its own, where no signal to the script reaches it. The script then dies of the signal as it would without us; a
 * second signal does not wait. A script that listens to the signal itself decides itself.
 */
export async function endWithScript<T>(given: AbortSignal | undefined, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController()
  const signal = given ? AbortSignal.any([given, interrupt.signal]) : interrupt.signal
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const entry = { interrupt, ended }
  // Before all others: a listener for once would be gone when we count them.
  if (running.size === 0) for (const name of SIGNALS) process.prependListener(name, onSignal)
  running.add(entry)
  try {
    return await run(signal)
  } finally {
    running.delete(entry)
    if (running.size === 0) stopListening()
    resolve()
  }
}

async function onSignal(name: NodeJS.Signals): Promise<void> {
  if (process.listenerCount(name) > 1) return
  const ending = [...running]
  const isFirst = ending.every(({ interrupt }) => !interrupt.signal.aborted)
  for (const { interrupt } of ending) interrupt.abort(new Error(`The script was ended by ${name}.`))
  if (isFirst) await Promise.all(ending.map(({ ended }) => ended))
  stopListening()
  process.kill(process.pid, name)
}

function stopListening(): void {
  for (const name of SIGNALS) process.off(name, onSignal)
}
