import { createClient } from '@aedile/core/client/client'
import { describe, expect, it } from 'vitest'
import { WorkerStage } from '../testing/worker-stage.ts'
import type { WorkerContext } from '../worker-context.ts'
import { beat } from './heartbeat.ts'

/** What a worker with these settings tells of itself. */
async function tellOnce(shared: boolean): Promise<unknown> {
  const { context } = new WorkerStage()
  const told: unknown[] = []
  const fetch = async (_: unknown, init?: RequestInit) => {
    told.push(JSON.parse(String(init?.body)))
    return new Response(null, { status: 204 })
  }
  await beat({
    ...context,
    client: createClient({ apiUrl: 'http://server/api', csrf: false, fetch }),
    pool: { refresh: async () => {}, current: { name: 'pool' } } as unknown as WorkerContext['pool'],
    ledger: { ...context.ledger, shared },
    facts: { ...context.facts, settings: { PREFECT_API_URL: 'http://a', PREFECT_API_KEY: 'secret' } },
  })
  return told
}

describe('a heartbeat', () => {
  const usual = { name: 'me', heartbeat_interval_seconds: expect.any(Number) }

  it('tells a server of ours the names of the settings, and no value', async () => {
    expect(await tellOnce(true)).toEqual([{ ...usual, setting_names: ['PREFECT_API_KEY', 'PREFECT_API_URL'] }])
  })

  it('tells a genuine server what a genuine worker tells', async () => {
    expect(await tellOnce(false)).toEqual([usual])
  })
})
