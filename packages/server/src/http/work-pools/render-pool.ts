import { AedileError, isAedileError } from '@aedile/core/errors'
import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import { findNearest } from '@aedile/core/nearest'
import { type RenderResult, toRenderError } from '@aedile/core/rendering/render-answer'
import type { renderBody } from '@aedile/core/rendering/render-messages'
import { renderPreview } from '@aedile/core/rendering/render-preview'
import { secretSettingNames } from '@aedile/core/rendering/secret-names'
import type { KnownWorker } from '@aedile/core/rendering/stand-ins'
import type { Deployment } from '@aedile/core/resources/deployment'
import type { Flow } from '@aedile/core/resources/flow'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import type { z } from 'zod'
import { serverSettings } from '../../settings.ts'
import type { Store } from '../../store/store.ts'
import type { WorkPoolTable } from '../../store/tables.ts'
import type { Workspace } from '../../workspace.ts'
import { loadDeployments } from '../deployments/deployment-document.ts'
import { findDeployment } from '../deployments/find-deployment.ts'
import { readFlowRun } from '../flow-runs/search.ts'
import { toFlow } from '../flows/flow-document.ts'
import { withNumberText } from '../number-text.ts'
import { HttpError } from '../route.ts'
import { findWorkPool } from './find-work-pool.ts'
import { maskedLookup } from './masked-lookup.ts'
import { toWorkPool } from './work-pool-document.ts'

type Asked = z.output<typeof renderBody>

/** Renders what a worker of the pool would create. Reads only; secrets are masked. */
export async function renderPool(workspace: Workspace, name: string, asked: Asked): Promise<RenderResult> {
  const { store, encryption } = workspace
  const row = await findWorkPool(store.db, name)
  const workPool = toWorkPool(row, null)
  const [subject, worker] = await Promise.all([readSubject(store, asked), readWorker(store, row, asked.worker_name ?? null)])
  const definition = findDefinition(workspace, row.type)
  const jobVariables = withNumberText(asked.job_variables ?? {})
  const baseJobTemplate = withNumberText(asked.base_job_template ?? null)
  try {
    return await renderPreview({
      definition,
      workPool,
      ...subject,
      jobVariables,
      worker,
      lookup: maskedLookup({ db: store.db, encryption }),
      explain: asked.explain,
      secretNames: secretSettingNames([serverSettings]),
      ...(baseJobTemplate ? { baseJobTemplate } : {}),
      ...(asked.facts ? { facts: asked.facts } : {}),
    })
  } catch (error) {
    if (!isAedileError(error)) throw error
    // Whatever stage refused it: the request is understood, and what it names cannot be rendered.
    const { code, message, pointers } = toRenderError(error)
    throw new HttpError(422, { detail: message, code, pointers })
  }
}

type Subject = { flow: Flow | null; deployment: Deployment | null; flowRun: FlowRun | null }

/** The run with its deployment and flow, or the deployment with its flow, or nothing. */
async function readSubject(store: Store, { flow_run_id, deployment_id }: Asked): Promise<Subject> {
  const { db } = store
  const flowRun = flow_run_id ? await readFlowRun(db, flow_run_id) : null
  if (flow_run_id && !flowRun) throw new HttpError(404, 'Flow run not found')
  if (flowRun && deployment_id && flowRun.deployment_id !== deployment_id)
    throw new HttpError(422, `Flow run ${flowRun.id} is not of deployment ${deployment_id}. Name one of them.`)
  const id = flowRun ? flowRun.deployment_id : deployment_id
  const [deployment = null] = id ? await loadDeployments(db, [await findDeployment(db, id)]) : []
  const flowId = flowRun?.flow_id ?? deployment?.flow_id
  const flow = flowId ? await db.selectFrom('flow').selectAll().where('id', '=', flowId).executeTakeFirst() : undefined
  return { flow: flow ? toFlow(flow) : null, deployment, flowRun }
}

/** What a worker of the pool told of itself. */
async function readWorker({ db }: Store, pool: WorkPoolTable, name: string | null): Promise<KnownWorker | null> {
  if (name === null) return null
  const workers = await db.selectFrom('worker').select(['name', 'setting_names']).where('work_pool_id', '=', pool.id).execute()
  const found = workers.find((worker) => worker.name === name)
  if (found) return { name, settingNames: found.setting_names === null ? [] : JSON.parse(found.setting_names) }
  const nearest = findNearest(
    name,
    workers.map((worker) => worker.name),
  )
  throw new HttpError(404, `Worker not found. The pool has no worker ${name}.${nearest ? ` Did you mean ${nearest}?` : ''}`)
}

function findDefinition({ definitions = [] }: Workspace, type: string): InfrastructureDefinition {
  const found = definitions.find((definition) => definition.type === type)
  if (!found) throw new AedileError('infrastructure_type_unknown', { type, known: definitions.map((one) => one.type).join(', ') })
  return found
}
