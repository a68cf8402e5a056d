import { exitCodeHint } from '@aedile/core/exit-codes'
import type { Outcome } from '@aedile/core/infrastructure-definition'

/** How a process attempt was found to have ended. */
export type Ending =
  /** The supervisor recorded how the command ended. */
  | { kind: 'ended'; exitCode: number | null; signal: Signal | null }
  /** The supervisor is gone and recorded nothing. */
  | { kind: 'lost'; ran: boolean }
  /** It was stopped or removed before it started, and never will. */
  | { kind: 'never' }
  /** The host was started again since; processes of that time are gone. */
  | { kind: 'rebooted' }
  | { kind: 'not-found' }
  | { kind: 'not-mine'; target: string; here: string }

export type Signal = { name: string; number: number }

/** What an ending means, with reason and advice. A stopped attempt is stopped, however the command took it. */
export function toOutcome(ending: Ending, stopped: boolean, lastLines: string[] = []): Outcome {
  const outcome = describeEnding(ending)
  if (stopped && ending.kind !== 'not-mine' && ending.kind !== 'not-found') {
    return { ...outcome, kind: 'stopped', reason: 'It was stopped.', advice: null, lastLines }
  }
  return { ...outcome, lastLines }
}

function describeEnding(ending: Ending): Outcome {
  switch (ending.kind) {
    case 'ended':
      return describeExit(ending.exitCode, ending.signal)
    case 'lost':
      return outcome('failed', {
        reason: ending.ran
          ? 'The process ended, but how is unknown: the shell that watched it was killed before it could record the exit status.'
          : 'The shell that was to run the command was killed before it ran it.',
        advice: 'Look for what kills processes on this host: memory pressure, a service manager, a person.',
      })
    case 'never':
      return outcome('stopped', { reason: 'It was stopped before it started.' })
    case 'rebooted':
      return outcome('not-found', {
        reason: 'The host was started again since; the process ended with it.',
        advice: 'Look for why the host went down.',
      })
    case 'not-found':
      return outcome('not-found', { reason: 'No such process was started on this host, or it was removed.' })
    case 'not-mine':
      return outcome('not-mine', {
        reason: `The process belongs to ${ending.target}; this is ${ending.here}.`,
        advice: 'Start a worker on that host.',
      })
  }
}

function describeExit(exitCode: number | null, signal: Signal | null): Outcome {
  if (exitCode === 0) return outcome('completed', { exitCode })
  const code = signal ? -signal.number : (exitCode ?? 0)
  const hint = exitCodeHint(code)
  return outcome('failed', {
    exitCode,
    signal: signal?.name ?? null,
    // The words of a genuine worker: they become the state's message.
    reason: `Process exited with status code: ${code}. ${hint.explanation}`,
    advice: hint.advice,
  })
}

function outcome(kind: Outcome['kind'], facts: Partial<Outcome>): Outcome {
  return { kind, exitCode: null, signal: null, reason: null, advice: null, lastLines: [], ...facts }
}
