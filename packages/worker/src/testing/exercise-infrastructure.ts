import type { Handle, InfrastructureDefinition, Job } from '@aedile/core/infrastructure-definition'
import type { JsonValue } from '@aedile/core/json'
import { describe } from 'vitest'
import type { Credentials, InfrastructureDriver, Target } from '../infrastructure-driver.ts'
import { exerciseDefinition } from './exercise-definition.ts'
import { exerciseOutcome } from './exercise-outcome.ts'
import { exerciseOutput } from './exercise-output.ts'
import { exerciseRemoval } from './exercise-removal.ts'
import { exerciseStart } from './exercise-start.ts'
import { exerciseStop } from './exercise-stop.ts'

/** What the suite needs to know of an infrastructure to try it. */
export type Subject = {
  /** Which one this is, in titles. */
  name: string
  definition: InfrastructureDefinition
  driver: InfrastructureDriver
  /** Makes a target of its own, used by all tests of the suite, and a directory that tests and started things share. */
  setUp(): Promise<SubjectTarget>
  /** A job that runs a script in a POSIX shell; `variables` join its environment. */
  job(script: string, variables?: Record<string, string>): Job
  /** Path of a module that calls `serveSecondProcess(driver)`, run by node as it is. */
  secondProcess: string
  /** Whether a signal that ends a command is told as a signal, or as exit code 128 + its number. */
  signals: 'told' | 'exit-code'
  /** How much output the test of large outputs makes. */
  largeBytes: number
  /** What happens when something else has the name: the start is refused (also when missing), or takes the next number. */
  names?: 'refused' | 'numbered'
  /** Whether output keeps bytes that are no UTF-8 (also when missing), or has the replacement character for each. */
  bytes?: 'kept' | 'text'
  /** Within how many milliseconds a starter is killed: a start takes a good part of it. 25 when missing. */
  startMilliseconds?: number
}

export type SubjectTarget = {
  target: Target
  credentials: Credentials
  /** A directory that is at the same path for the tests and for what they start. */
  scratch: string
  /** Whether a process still lives whose pid a started script wrote down. */
  isAlive(pid: number): boolean | Promise<boolean>
  /** What start() sent, read from the thing itself while it runs, beside what the request says of it. */
  inspect(handle: Handle, request: JsonValue): Promise<{ seen: JsonValue; requested: JsonValue }>
  /** Puts something that is not ours where the thing of this name would be. */
  makeForeign(name: string): Promise<{ isThere(): Promise<boolean> }>
  /** Removes all that the suite may have left. */
  tearDown(): Promise<void>
}

/** The suite that defines a correct infrastructure: every promise of the contract, tried on the real thing. */
export function exerciseInfrastructure(subject: Subject): void {
  describe(`${subject.name} keeps the promises of an infrastructure`, () => {
    exerciseDefinition(subject)
    exerciseStart(subject)
    exerciseOutput(subject)
    exerciseOutcome(subject)
    exerciseStop(subject)
    exerciseRemoval(subject)
  })
}
