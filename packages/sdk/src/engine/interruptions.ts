import { AedileError } from '@aedile/core/errors'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * While a recorded run goes on in a script, a signal that would end the process first ends the run as Crashed. Returns
 * what stops that; it then hands on a signal that came, so that the process ends as the sender meant.
 */
export function interruptOnSignals(control: AbortController): () => void {
  let received: NodeJS.Signals | null = null
  const onSignal = (signal: NodeJS.Signals) => {
    if (received) process.exit(1)
    received = signal
    control.abort(new AedileError('flow_run_interrupted', { signal }))
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal)
    if (received) process.kill(process.pid, received)
  }
}
