import { exitCodeHint } from '@aedile/core/exit-codes'
import type { Outcome } from '@aedile/core/infrastructure-definition'

/** How a container was found to have ended. */
export type Ending =
  | { kind: 'ended'; exitCode: number; memory: MemoryFacts }
  /** It was not even started: the Engine could not run its command. */
  | { kind: 'unstartable'; error: string }
  /** The engine was away when it ended. */
  | { kind: 'engine-restarted'; exitCode: number }
  /** It was removed while it was observed. */
  | { kind: 'removed' }
  /** It was stopped before it started, and never will. */
  | { kind: 'never' }
  | { kind: 'not-found' }
  | { kind: 'not-mine'; target: string; here: string }
  | { kind: 'cannot-tell'; why: string }

export type MemoryFacts = {
  /** The Engine's own flag. */
  ranOut: boolean
  limitBytes: number | null
  peakBytes: number | null
}

/** What an ending means, with reason and advice. A stopped attempt is stopped, however the command took it. */
export function toOutcome(ending: Ending, stopped = false, lastLines: string[] = []): Outcome {
  const described = describeEnding(ending, lastLines)
  const isOver = ['ended', 'engine-restarted', 'removed', 'unstartable'].includes(ending.kind)
  if (stopped && isOver) return { ...described, kind: 'stopped', reason: 'It was stopped.', advice: null, lastLines }
  return { ...described, lastLines }
}

function describeEnding(ending: Ending, lastLines: string[]): Outcome {
  switch (ending.kind) {
    case 'ended':
      return describeExit(ending, lastLines)
    case 'unstartable':
      return outcome('failed', describeStartFailure(ending.error))
    case 'engine-restarted':
      return outcome('failed', {
        exitCode: ending.exitCode,
        reason: `The Docker engine went down while the container ran, and the container ended with it (exit code ${ending.exitCode}).`,
        advice: 'Let the engine keep containers over its restarts ("live-restore": true in its daemon.json).',
      })
    case 'removed':
      return outcome('not-found', {
        reason: 'The container was removed before it was seen to end.',
        advice: 'Look for who removes containers on this engine: a person, `docker system prune`, a tool.',
      })
    case 'never':
      return outcome('stopped', { reason: 'It was stopped before it started.' })
    case 'not-found':
      return outcome('not-found', {
        reason: 'There is no container of this attempt on the Docker engine: it was removed or never made.',
      })
    case 'not-mine':
      return outcome('not-mine', {
        reason: `The container belongs to ${ending.target}; this is ${ending.here}.`,
        advice: 'Start a worker that reaches that Docker engine.',
      })
    case 'cannot-tell':
      return outcome('cannot-tell', { reason: ending.why, advice: 'Start the Docker engine, or look why it cannot be reached.' })
  }
}

function describeExit({ exitCode, memory }: { exitCode: number; memory: MemoryFacts }, lastLines: string[]): Outcome {
  if (exitCode === 0) return outcome('completed', { exitCode })
  // The words of a genuine worker: they become the state's message.
  const said = `Flow run infrastructure exited with non-zero status code ${exitCode}.`
  if (memory.ranOut || (exitCode === 137 && memory.limitBytes !== null)) {
    return outcome('failed', {
      exitCode,
      reason: `${said} ${describeMemory(exitCode, memory)}`,
      advice: 'Raise mem_limit, or let the run use less memory.',
    })
  }
  if (lastLines.some((line) => /exec .*: exec format error$/.test(line))) {
    return outcome('failed', { exitCode, reason: `${said} ${WRONG_FORMAT.reason}`, advice: WRONG_FORMAT.advice })
  }
  const hint = exitCodeHint(exitCode)
  return outcome('failed', { exitCode, reason: `${said} ${hint.explanation}`, advice: hint.advice })
}

function describeMemory(exitCode: number, { ranOut, limitBytes, peakBytes }: MemoryFacts): string {
  const killed = exitCode === 137 ? 'The container' : 'A process of the container'
  const limit = limitBytes === null ? 'than its host has' : `than its limit of ${formatBytes(limitBytes)}`
  const peak = peakBytes === null ? '' : ` (it was seen to use ${formatBytes(peakBytes)})`
  return `${killed} was killed because it ${ranOut ? 'used' : 'likely used'} more memory ${limit}${peak}.`
}

function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power]}`
}

const WRONG_FORMAT = {
  reason: 'The command is no program that this machine can run (exec format error).',
  advice: 'Use an image for the processor of the engine, or give a script its first line (#!/bin/sh).',
}

/** Why the Engine could not start a container: what it says is long, and names its own parts. */
export function describeStartFailure(error: string): { reason: string; advice: string } {
  const program = /exec: "([^"]*)"/.exec(error)?.[1]
  const named = program === undefined ? 'the command' : `the command ${program}`
  if (/exec format error/.test(error)) return WRONG_FORMAT
  if (program !== undefined && /executable file not found|no such file or directory/.test(error)) {
    return { reason: `${capitalize(named)} is not in the image.`, advice: 'Correct the command, or install it in the image.' }
  }
  if (program !== undefined && /permission denied|is a directory/.test(error)) {
    return {
      reason: `${capitalize(named)} is in the image, but cannot be executed.`,
      advice: 'Give it its executable bit, or name a program.',
    }
  }
  return {
    reason: `The Docker engine could not start the container: ${error.replace(/\.$/, '')}.`,
    advice: "Compare it with the job's settings.",
  }
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function outcome(kind: Outcome['kind'], facts: Partial<Outcome>): Outcome {
  return { kind, exitCode: null, signal: null, reason: null, advice: null, lastLines: [], ...facts }
}
