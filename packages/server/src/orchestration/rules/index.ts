import type { FlowRunTable } from '../../store/tables.ts'
import type { Rule } from '../rule.ts'
import { bypassCancellingWithoutInfrastructure } from './bypass-cancelling-without-infrastructure.ts'
import { cancelUnstartedAttempt } from './cancel-unstarted-attempt.ts'
import { claimAttempt } from './claim-attempt.ts'
import { copyScheduledTime } from './copy-scheduled-time.ts'
import { enforceCancellingToCancelled } from './enforce-cancelling-to-cancelled.ts'
import { enforceConcurrencyOnLate } from './enforce-concurrency-on-late.ts'
import { ensureOnlyScheduledMarkedLate } from './ensure-only-scheduled-marked-late.ts'
import { fenceAttempt } from './fence-attempt.ts'
import { giveUpAttempt } from './give-up-attempt.ts'
import { handleFlowTerminalState } from './handle-flow-terminal-state.ts'
import { handlePausingFlows } from './handle-pausing-flows.ts'
import { handleResumingPausedFlows } from './handle-resuming-paused-flows.ts'
import { keepCancellingWhileStarted } from './keep-cancelling-while-started.ts'
import { leaveEndToCanceller } from './leave-end-to-canceller.ts'
import { preserveConcurrencyLease } from './preserve-concurrency-lease.ts'
import { preventDuplicateTransitions } from './prevent-duplicate-transitions.ts'
import { preventPendingTransitions } from './prevent-pending-transitions.ts'
import { preventResultDataLoss } from './prevent-result-data-loss.ts'
import { releaseFlowConcurrencySlots } from './release-flow-concurrency-slots.ts'
import { removeLeaseOfOldClients } from './remove-lease-of-old-clients.ts'
import { retryFailedFlows } from './retry-failed-flows.ts'
import { secureFlowConcurrencySlots } from './secure-flow-concurrency-slots.ts'
import { validateConcurrencyAtRunning } from './validate-concurrency-at-running.ts'
import { waitForScheduledTime } from './wait-for-scheduled-time.ts'

/**
 * The policies of flow runs, in the order of WC 3.2. The five rules on attempts are our own (protocol.md); they do
 * nothing for a run whose worker and child send no attempt header. The event of a change is not a rule: recordTransition
 * writes it with the state.
 */

/** What a client's proposal has to pass. */
export const coreFlowPolicy: readonly Rule<FlowRunTable>[] = [
  giveUpAttempt,
  fenceAttempt,
  keepCancellingWhileStarted,
  preserveConcurrencyLease,
  preventDuplicateTransitions,
  handleFlowTerminalState,
  enforceCancellingToCancelled,
  cancelUnstartedAttempt,
  bypassCancellingWithoutInfrastructure,
  preventPendingTransitions,
  claimAttempt,
  validateConcurrencyAtRunning,
  secureFlowConcurrencySlots,
  removeLeaseOfOldClients,
  ensureOnlyScheduledMarkedLate,
  handlePausingFlows,
  handleResumingPausedFlows,
  copyScheduledTime,
  waitForScheduledTime,
  retryFailedFlows,
  releaseFlowConcurrencySlots,
]

/** What even a forced proposal has to pass. */
export const minimalFlowPolicy: readonly Rule<FlowRunTable>[] = [
  giveUpAttempt,
  fenceAttempt,
  keepCancellingWhileStarted,
  leaveEndToCanceller,
  preventResultDataLoss,
  cancelUnstartedAttempt,
  bypassCancellingWithoutInfrastructure,
  releaseFlowConcurrencySlots,
]

/** What marking a run late has to pass. */
export const markLateRunsPolicy: readonly Rule<FlowRunTable>[] = [ensureOnlyScheduledMarkedLate, enforceConcurrencyOnLate]
