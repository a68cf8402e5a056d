import type { ApiClient } from '@aedile/core/client/client'
import { readFlowRun, setFlowRunState } from '@aedile/core/client/flow-runs'
import { AedileError } from '@aedile/core/errors'
import { isTerminal } from '@aedile/core/states'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'

export type SigtermBehavior = 'reschedule' | 'relinquish' | null

/** Exit code of a process that SIGTERM ended. */
const TERMINATED = 143
/** What sends SIGTERM kills soon after, so there is no time for patience. */
const QUICK = { timeoutSeconds: 5, maxRetries: 1 }

/**
 * What SIGTERM means to a run that is executed. Cancelling: its function is told to stop and the run becomes Cancelled.
 * Otherwise as the behaviour says: schedule it again and leave, leave it to the infrastructure, or (the default) report
 * the crash.
 */
export function handleTermination(
  client: ApiClient,
  flowRunId: string,
  options: { behavior: SigtermBehavior; attempt: string | null },
  control: AbortController,
): () => void {
  const { behavior, attempt } = options
  let received = false
  const decide = async (signal: NodeJS.Signals) => {
    const flowRun = await readFlowRun(client, flowRunId, QUICK).catch(() => null)
    // Cancelled already: the run saw it by itself and is about to end.
    const cancelled = flowRun?.state_type === 'CANCELLING' || flowRun?.state_type === 'CANCELLED'
    if (cancelled) return control.abort(new AedileError('flow_run_cancelled', { run: flowRunId }))
    if (behavior === 'relinquish') process.exit(TERMINATED)
    if (behavior === 'reschedule') {
      const ended = isTerminal(flowRun?.state_type) && flowRun?.state_type !== 'CRASHED'
      const again = !ended && (await reschedule(client, flowRunId, attempt))
      process.stderr.write(again ? 'Flow run successfully rescheduled.\n' : 'Flow run was not rescheduled.\n')
      process.exit(0)
    }
    control.abort(new AedileError('flow_run_interrupted', { signal }))
  }
  const onSignal = (signal: NodeJS.Signals) => {
    if (received) return
    received = true
    void decide(signal).catch(() => process.exit(TERMINATED))
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return () => {
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
  }
}

async function reschedule(client: ApiClient, flowRunId: string, attempt: string | null): Promise<boolean> {
  const scheduled_time = formatTimestamp(nowMicroseconds())
  const state = { type: 'SCHEDULED' as const, name: 'AwaitingRetry', state_details: { scheduled_time } }
  const answer = await setFlowRunState(client, flowRunId, state, { ...QUICK, ...(attempt ? { attempt } : {}) }).catch(() => null)
  return answer?.state?.type === 'SCHEDULED'
}
