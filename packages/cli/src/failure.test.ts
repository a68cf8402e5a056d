import { AedileError } from '@aedile/core/errors'
import { CommanderError } from 'commander'
import { describe, expect, it } from 'vitest'
import { CliFailure, EXIT_CODES, exitCodeOf, explainError } from './failure.ts'

describe('an error that ended a command', () => {
  it('is told in a sentence, with the request when it came from a server', () => {
    const error = new AedileError('api_error', { method: 'GET', url: 'x', status: 500, detail: 'broken', requestId: 'r1' })
    expect(explainError(error)).toBe('GET x was answered with 500: broken (request r1)')
    expect(explainError(new CliFailure('There is no pool x.'))).toBe('There is no pool x.')
  })

  it('says how to start a server when none can be reached', () => {
    const error = new AedileError('api_unreachable', { url: 'http://127.0.0.1:4200/api', reason: 'refused' })
    expect(explainError(error)).toContain('aedile server start')
    expect(exitCodeOf(error)).toBe(EXIT_CODES.unreachable.code)
  })

  it('is not told twice when commander has told it', () => {
    expect(explainError(new CommanderError(1, 'commander.unknownCommand', 'error: unknown command'))).toBeNull()
  })

  it('shows the stack of a bug of ours', () => {
    expect(explainError(new TypeError('x is undefined'))).toContain('failure.test.ts')
  })

  it.each([
    [new AedileError('api_not_found', {}), 3],
    [new AedileError('flow_not_in_file', {}), 3],
    [new AedileError('flow_file_broken', {}), 1],
    [new CommanderError(1, 'commander.unknownOption', ''), 2],
    [new CommanderError(0, 'commander.helpDisplayed', ''), 0],
    [new CliFailure('x', 5), 5],
    [new Error('x'), 1],
  ])('%s has an exit code of its own: %i', (error, code) => {
    expect(exitCodeOf(error)).toBe(code)
  })
})
