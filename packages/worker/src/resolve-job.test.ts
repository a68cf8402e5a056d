import { createClient } from '@aedile/core/client/client'
import { readDeployment } from '@aedile/core/client/deployments'
import { readFlowRun } from '@aedile/core/client/flow-runs'
import { readWorkPool } from '@aedile/core/client/work-pools'
import type { RunContext } from '@aedile/core/infrastructure-definition'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import { TemplateCache } from '@aedile/core/templates/compile'
import { expect, test } from 'vitest'
import { resolveRunJob } from './resolve-job.ts'

/** Answers as a genuine server writes them: a float of Python keeps its point. */
const ANSWERS: Record<string, string> = {
  '/work_pools/p': `{"id":"1","updated":"u","name":"p","base_job_template":{"variables":{"properties":{"rate":{"default":1.0}}},
    "job_configuration":{"env":"{{ env }}","command":"run {{ rate }} {{ limit }} {{ big }} {{ prefect.variables.x }} {{ prefect.blocks.json.b.y }}"}}}`,
  '/deployments/d': '{"id":"d","job_variables":{"limit":2.0,"env":{"A":3.0,"B":3}}}',
  '/flow_runs/r': '{"id":"r","job_variables":{"big":12345678901234567890}}',
  '/variables/name/x': '{"name":"x","value":4.0}',
  '/block_types/slug/json/block_documents/name/b': '{"name":"b","data":{"y":1e3}}',
}

test('a number embedded in text comes out as a genuine worker writes it, from whichever resource it comes', async () => {
  const client = createClient({
    apiUrl: 'http://server/api',
    csrf: false,
    fetch: async (input) => new Response(ANSWERS[new URL(String(input)).pathname.slice('/api'.length)]),
  })
  const exact = (...exactNumbers: string[]) => ({ exactNumbers })
  const run = {
    flowRun: await readFlowRun(client, 'r', exact('job_variables')),
    deployment: await readDeployment(client, 'd', exact('job_variables')),
    workPool: await readWorkPool(client, 'p', exact('base_job_template')),
  } as unknown as RunContext & { workPool: WorkPool }
  const job = await resolveRunJob({ client, templates: new TemplateCache(), environment: {} }, run)
  expect(job.command).toBe('run 1.0 2.0 12345678901234567890 4.0 1000.0')
  expect(job.env).toEqual({ A: '3.0', B: '3' })
})
