import { isTerminal } from '@aedile/core/states'
import type { FlowRunTable } from '../../store/tables.ts'
import { knowsPauses } from '../client-facts.ts'
import { readFlowRunPolicy, writeFlowRunPolicy } from '../policy.ts'
import { transform } from './transform.ts'

/** Counts how often the run entered Running. Going on after a pause is no new run. */
export const incrementFlowRunCount = transform<FlowRunTable>('IncrementFlowRunCount', ({ run, initial, proposed, client }) => {
  if (proposed.type !== 'RUNNING') return
  if (knowsPauses(client.apiVersion) && readFlowRunPolicy(run).resuming) return
  // The worker of a plain command said Running, then the command turned out to be an engine: one run, told twice.
  const toldTwice = initial?.type === 'RUNNING' && client.attemptHeader !== null && client.attemptHeader === run.attempt_key
  if (!toldTwice) run.run_count += 1
})

/** The run is no longer on its way back from a pause. */
export const removeResumingIndicator = transform<FlowRunTable>('RemoveResumingIndicator', ({ run, proposed, client }) => {
  if (proposed.type !== 'RUNNING' && !isTerminal(proposed.type)) return
  if (knowsPauses(client.apiVersion) && readFlowRunPolicy(run).resuming) writeFlowRunPolicy(run, { resuming: false })
})
