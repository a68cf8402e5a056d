import { describe, expect, it } from 'vitest'
import { describeStartFailure, type MemoryFacts, toOutcome } from './outcome.ts'

const MiB = 1024 ** 2
const free: MemoryFacts = { ranOut: false, limitBytes: null, peakBytes: null }
const ended = (exitCode: number, memory: Partial<MemoryFacts> = {}) =>
  ({ kind: 'ended', exitCode, memory: { ...free, ...memory } }) as const

describe('the end of a container', () => {
  it('with exit code 0 is completed, though a child of it ran out of memory', () => {
    expect(toOutcome(ended(0, { ranOut: true, limitBytes: MiB }))).toMatchObject({ kind: 'completed', exitCode: 0, reason: null })
  })

  it.each([
    [{ ranOut: true, limitBytes: 512 * MiB }, 'because it used more memory than its limit of 512 MiB.'],
    [{ ranOut: true, limitBytes: 1536 * MiB, peakBytes: 1536 * MiB }, 'its limit of 1.5 GiB (it was seen to use 1.5 GiB).'],
    [{ limitBytes: 512 * MiB }, 'because it likely used more memory than its limit of 512 MiB.'],
    [{ ranOut: true }, 'because it used more memory than its host has.'],
  ])('with exit code 137 and %j tells memory', (memory, told) => {
    expect(toOutcome(ended(137, memory)).reason).toContain(told)
  })

  it.each([
    [1, 'Flow run infrastructure exited with non-zero status code 1. Process exited with a general error.'],
    [
      137,
      'Flow run infrastructure exited with non-zero status code 137. Process was killed, likely due to an out-of-memory (OOM) condition.',
    ],
    [42, 'Flow run infrastructure exited with non-zero status code 42. Process exited with an unexpected status code.'],
  ])('with exit code %i says what a genuine worker says (row 315)', (code, reason) => {
    expect(toOutcome(ended(code))).toMatchObject({ kind: 'failed', exitCode: code, reason })
  })

  it('that was asked for is stopped, whatever its exit code; what cannot be told is not', () => {
    expect(toOutcome(ended(0), true)).toMatchObject({ kind: 'stopped', exitCode: 0, advice: null })
    expect(toOutcome({ kind: 'cannot-tell', why: 'Away.' }, true)).toMatchObject({ kind: 'cannot-tell', reason: 'Away.' })
  })
})

describe('a container that could not start', () => {
  const oci = 'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process'
  it.each([
    [`${oci}: exec: "foo": executable file not found in $PATH: unknown`, 'The command foo is not in the image.'],
    [`${oci}: exec: "/a": stat /a: no such file or directory: unknown`, 'The command /a is not in the image.'],
    [`${oci}: exec: "/a": permission denied: unknown`, 'The command /a is in the image, but cannot be executed.'],
    [`${oci}: exec /a: exec format error: unknown`, 'The command is no program that this machine can run (exec format error).'],
    ['driver failed programming external connectivity', 'The Docker engine could not start the container: driver failed'],
  ])('by %j has its own reason', (error, reason) => {
    expect(describeStartFailure(error).reason).toContain(reason)
  })
})
