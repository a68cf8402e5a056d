import { AedileError } from '@aedile/core/errors'
import { describe, expect, it } from 'vitest'
import { isFinalAnswer, isLoss, persist } from './backoff.ts'

const answer = (code: 'api_error' | 'api_not_found', details: Record<string, unknown>) =>
  new AedileError(code, { method: 'POST', url: 'http://server/api', detail: '', ...details })

describe('an answer of the server', () => {
  it('may pass when it is missing, or a failure of the server, or comes from something before it', () => {
    for (const code of ['api_unreachable', 'api_timeout', 'api_busy', 'api_answer_unreadable'] as const) {
      expect(isFinalAnswer(new AedileError(code, {}))).toBe(false)
    }
    expect(isFinalAnswer(answer('api_error', { status: 500 }))).toBe(false)
    expect(isFinalAnswer(answer('api_not_found', { body: null }))).toBe(false)
  })

  it('is final when it would be the same again, and so is a mistake of ours', () => {
    expect(isFinalAnswer(answer('api_error', { status: 413 }))).toBe(true)
    expect(isFinalAnswer(answer('api_not_found', { body: { detail: 'Flow run not found' } }))).toBe(true)
    expect(isFinalAnswer(new TypeError('no such property'))).toBe(true)
  })

  it('takes an attempt away only in the words of the API', () => {
    expect(isLoss(new AedileError('api_conflict', {}))).toBe(true)
    expect(isLoss(answer('api_not_found', { body: { detail: 'Attempt not found' } }))).toBe(true)
    expect(isLoss(answer('api_not_found', { body: null }))).toBe(false)
    expect(isLoss(new AedileError('api_unreachable', {}))).toBe(false)
  })
})

describe('persist', () => {
  it('tries until it succeeds', async () => {
    let failures = 2
    const action = async () => {
      if (failures-- > 0) throw new AedileError('api_unreachable', {})
      return 'done'
    }
    await expect(persist(action, { signal: new AbortController().signal, isFinal: isFinalAnswer })).resolves.toBe('done')
  })

  it('ends at once when its signal fires, also while an action hangs', async () => {
    const stop = new AbortController()
    const hanging = persist(() => new Promise(() => {}), { signal: stop.signal, isFinal: isFinalAnswer })
    stop.abort(new Error('enough'))
    await expect(hanging).rejects.toThrow('enough')
  })
})
