import type { IncomingHttpHeaders } from 'node:http'
import type { Creator, flowRunCreate } from '@aedile/core/resources/flow-run'
import type { z } from 'zod'
import type { ClientFacts } from '../../orchestration/client-facts.ts'
import type { RunState } from '../../orchestration/run-state.ts'
import { readFlowLabels } from '../../store/queries/flow-labels.ts'
import type { Transaction } from '../../store/store.ts'
import { type CreatedFlowRun, createFlowRun } from './create-flow-run.ts'
import { findQueueOfPool } from './queue-of-pool.ts'

type Body = z.output<typeof flowRunCreate>

/** Makes a run of a flow without a deployment. Its labels are the flow's, the flow's id, then its own. */
export async function createAdHocFlowRun(
  transaction: Transaction,
  body: Body,
  state: RunState,
  request: { client: ClientFacts; headers: IncomingHttpHeaders },
): Promise<CreatedFlowRun> {
  const { work_pool_name, work_queue_name, state: _, labels, ...run } = body
  const flow = await readFlowLabels(transaction, run.flow_id)
  return createFlowRun(
    transaction,
    {
      ...run,
      work_queue_id: work_pool_name ? await findQueueOfPool(transaction, work_pool_name, work_queue_name) : null,
      labels: { ...(flow ? JSON.parse(flow.labels) : {}), 'prefect.flow.id': run.flow_id, ...labels },
      created_by: readCreator(request.headers),
    },
    state,
    request.client,
  )
}

/** Automations say who they are in two headers. Source: WC 6.3. */
export function readCreator(headers: IncomingHttpHeaders): Creator | null {
  const id = headers['prefect-automation-id']
  const name = headers['prefect-automation-name']
  if (typeof id !== 'string' || typeof name !== 'string') return null
  return { id, type: 'AUTOMATION', display_value: Buffer.from(name, 'base64').toString('utf8') }
}
