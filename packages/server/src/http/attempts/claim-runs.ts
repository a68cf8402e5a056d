import type { ClaimsAnswer } from '@aedile/core/attempts/messages'
import { isAedileError } from '@aedile/core/errors'
import { stateCreate } from '@aedile/core/resources/state'
import { formatTimestamp } from '@aedile/core/time'
import type { ClientFacts } from '../../orchestration/client-facts.ts'
import { buildProposedState } from '../../orchestration/run-state.ts'
import { setFlowRunState } from '../../orchestration/set-flow-run-state.ts'
import type { Workspace } from '../../workspace.ts'
import { loadDeployments } from '../deployments/deployment-document.ts'
import { presentFlowRun } from '../flow-runs/present.ts'
import { selectFlowRuns } from '../flow-runs/select.ts'
import { toFlow } from '../flows/flow-document.ts'
import { HttpError } from '../route.ts'

type Claim = { flow_run_id: string; attempt: string }

/** Claims runs for a worker, and answers with all that it needs to render those that are its own now. */
export async function claimRuns(
  workspace: Workspace,
  worker: { pool: string; name: string; client: ClientFacts },
  claims: readonly Claim[],
): Promise<ClaimsAnswer> {
  const { db } = workspace.store
  const pool = await db.selectFrom('work_pool').select('updated').where('name', '=', worker.pool).executeTakeFirst()
  if (!pool) throw new HttpError(404, `Work pool "${worker.pool}" not found.`)
  const refusals = await Promise.all(
    claims.map((claim) => claimRun(workspace, { ...worker.client, workerName: worker.name }, claim)),
  )
  const claimed = claims.filter((_, index) => refusals[index] === null).map(({ flow_run_id }) => flow_run_id)
  return {
    claims: claims.map(({ attempt }, index) => ({ attempt, refusal: refusals[index]! })),
    ...(await readRuns(workspace, claimed)),
    work_pool_updated: formatTimestamp(pool.updated),
  }
}

/** Why the run is not the worker's, or null. The state is the one that a worker proposes by itself. */
async function claimRun(workspace: Workspace, client: ClientFacts, { flow_run_id, attempt }: Claim): Promise<string | null> {
  const state_details = { deferred: null, flow_run_id, transition_id: attempt }
  const proposed = buildProposedState(stateCreate.parse({ type: 'PENDING', name: 'Pending', state_details }))
  try {
    const { result } = await setFlowRunState(workspace, {
      flowRunId: flow_run_id,
      proposed,
      client: { ...client, attemptHeader: attempt },
    })
    if (result.status === 'ACCEPT') return null
    return ('reason' in result.details && result.details.reason) || `The run is ${result.state?.name ?? 'without state'}.`
  } catch (error) {
    if (isAedileError(error, 'not_found')) return error.message
    throw error
  }
}

/** The runs with their flows and deployments; one of these is there once, however many runs it has. */
async function readRuns({ store }: Workspace, ids: readonly string[]) {
  if (ids.length === 0) return { flow_runs: [], flows: [], deployments: [] }
  const runs = await selectFlowRuns(store.db).where('flow_run.id', 'in', ids).execute()
  const flowIds = [...new Set(runs.map((run) => run.flow_id))]
  const deploymentIds = [...new Set(runs.flatMap((run) => run.deployment_id ?? []))]
  const [flows, deployments] = await Promise.all([
    store.db.selectFrom('flow').selectAll().where('id', 'in', flowIds).execute(),
    deploymentIds.length === 0 ? [] : store.db.selectFrom('deployment').selectAll().where('id', 'in', deploymentIds).execute(),
  ])
  return {
    flow_runs: runs.map((run) => presentFlowRun(run)),
    flows: flows.map(toFlow),
    deployments: await loadDeployments(store.db, deployments),
  }
}
