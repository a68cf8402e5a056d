import { setting } from '@aedile/core/settings/define'
import { flag, seconds } from '@aedile/core/settings/scalars'
import { z } from 'zod'

/** Settings of flows beyond those of every client. Read at the first call of a flow, never at import. */
export const sdkSettings = {
  consoleLogs: setting<boolean | null>({
    name: 'AEDILE_LOGGING_TO_CONSOLE_ENABLED',
    description:
      'Write the logs of runs to stderr as well. Empty: yes, except in what an Aedile worker started, which takes the output into the logs of the run itself.',
    schema: z.preprocess((text) => (text === '' ? null : text), flag.nullable()),
    default: null,
  }),
  sigtermBehavior: setting<'reschedule' | 'relinquish' | null>({
    name: 'AEDILE_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR',
    fallback: 'PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR',
    description:
      'What a run does on SIGTERM when it is not being cancelled: reschedule it, relinquish it to the infrastructure, or (empty) crash.',
    schema: z.preprocess((text) => (text === '' ? null : text), z.enum(['reschedule', 'relinquish']).nullable()),
    default: null,
  }),
  runnerPollSeconds: setting({
    name: 'AEDILE_RUNNER_POLL_FREQUENCY',
    fallback: 'PREFECT_RUNNER_POLL_FREQUENCY',
    description: 'Seconds between two looks for runs of served flows.',
    schema: seconds,
    default: 10,
  }),
}
