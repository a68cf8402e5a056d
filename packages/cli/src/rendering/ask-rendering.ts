import { RENDER_CAPABILITY } from '@aedile/core/attempts/messages'
import { readHello } from '@aedile/core/client/attempts'
import type { ApiClient } from '@aedile/core/client/client'
import { readDeployment } from '@aedile/core/client/deployments'
import { readFlowRun } from '@aedile/core/client/flow-runs'
import { readFlow } from '@aedile/core/client/flows'
import { lookupThrough } from '@aedile/core/client/reference-lookup'
import { renderWorkPool } from '@aedile/core/client/rendering'
import { readWorkPool } from '@aedile/core/client/work-pools'
import { filterWorkers } from '@aedile/core/client/workers'
import { type AedileError, isAedileError } from '@aedile/core/errors'
import { isJsonObject, type JsonObject } from '@aedile/core/json'
import { findNearest } from '@aedile/core/nearest'
import { type RenderError, type RenderResult, toRenderError } from '@aedile/core/rendering/render-answer'
import { renderPreview } from '@aedile/core/rendering/render-preview'
import { secretSettingNames } from '@aedile/core/rendering/secret-names'
import type { KnownWorker } from '@aedile/core/rendering/stand-ins'
import type { CliContext } from '../cli-context.ts'
import { findInfrastructures, loadDefinition } from '../compose/infrastructures.ts'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { allSettings } from '../setting-groups.ts'
import type { Subject } from './subject.ts'

export type Asked = { jobVariables: JsonObject; worker: string | null; explain: boolean; baseJobTemplate?: 'default' }
/** A rendering, and whether this process made it because the server cannot. */
export type Rendered = { result: RenderResult; isLocal: boolean }

/** Has the server render; when it cannot, as a genuine one, the same function renders here, from what the API gives. */
export async function askRendering(context: CliContext, subject: Subject, asked: Asked): Promise<Rendered> {
  const hello = await readHello(context.client)
  const isLocal = !hello?.capabilities.includes(RENDER_CAPABILITY)
  try {
    const there = isLocal ? null : await renderThere(context.client, subject, asked)
    return there ? { result: there, isLocal } : { result: await renderHere(context, subject, asked), isLocal: true }
  } catch (error) {
    const refused = isAedileError(error) ? readRefusal(error, isLocal) : null
    if (refused) throw new CliFailure(describeRefusal(refused), refused.exitCode)
    throw error
  }
}

/** Null when the server does not have the package of the type; this process may. */
async function renderThere(
  client: ApiClient,
  { pool, deployment, flowRun }: Subject,
  asked: Asked,
): Promise<RenderResult | null> {
  try {
    return await renderWorkPool(client, pool.name, {
      ...(flowRun ? { flow_run_id: flowRun.id } : deployment ? { deployment_id: deployment.id } : {}),
      job_variables: asked.jobVariables,
      worker_name: asked.worker,
      explain: asked.explain,
      ...(asked.baseJobTemplate ? { base_job_template: asked.baseJobTemplate } : {}),
    })
  } catch (error) {
    const body = isAedileError(error, 'api_invalid') ? error.details.body : null
    if (isJsonObject(body) && body.code === 'infrastructure_type_unknown') return null
    throw error
  }
}

async function renderHere(context: CliContext, subject: Subject, asked: Asked): Promise<RenderResult> {
  const { client, infrastructures } = context
  const { pool, deployment, flowRun } = await readExactly(client, subject)
  const flowId = flowRun?.flow_id ?? deployment?.flow_id
  const [flow, worker, definition] = await Promise.all([
    flowId === undefined ? null : readFlow(client, flowId),
    asked.worker === null ? null : findWorker(client, pool.name, asked.worker),
    loadDefinition(findInfrastructures(infrastructures), pool.type),
  ])
  return renderPreview({
    definition,
    workPool: pool,
    flow,
    deployment,
    flowRun,
    jobVariables: asked.jobVariables,
    worker,
    lookup: lookupThrough(client, { includeSecrets: false }),
    explain: asked.explain,
    secretNames: secretSettingNames(allSettings()),
    ...(asked.baseJobTemplate ? { baseJobTemplate: asked.baseJobTemplate } : {}),
  })
}

/** The same again as a worker reads it: with the text of numbers, which shows where they end up inside a text. */
async function readExactly(client: ApiClient, { pool, deployment, flowRun, name }: Subject): Promise<Subject> {
  const variables = { exactNumbers: ['job_variables', 'parameters'] }
  const [exactPool, exactDeployment, exactRun] = await Promise.all([
    readWorkPool(client, pool.name, { exactNumbers: ['base_job_template'] }),
    deployment && readDeployment(client, deployment.id, variables),
    flowRun && readFlowRun(client, flowRun.id, variables),
  ])
  return { name, pool: exactPool, deployment: exactDeployment, flowRun: exactRun }
}

/** Genuine workers tell nothing of their settings. */
async function findWorker(client: ApiClient, pool: string, name: string): Promise<KnownWorker> {
  const names = (await filterWorkers(client, pool)).map((worker) => worker.name)
  if (names.includes(name)) return { name, settingNames: [] }
  const nearest = findNearest(name, names)
  const hint = nearest ? ` Did you mean ${nearest}?` : ''
  throw new CliFailure(`Work pool ${pool} has no worker ${name}.${hint}`, EXIT_CODES.notFound.code)
}

/** Why it cannot be rendered: what was thrown here, or what the server answered. Null when it is about something else. */
function readRefusal(error: AedileError, isLocal: boolean): Refusal | null {
  const { failed, notFound } = EXIT_CODES
  if (isLocal) return error.code.startsWith('api_') ? null : { ...toRenderError(error), exitCode: failed.code }
  const { body } = error.details
  if (!isJsonObject(body) || typeof body.detail !== 'string') return null
  const pointers = Array.isArray(body.pointers) ? body.pointers.map(String) : []
  if (error.code === 'api_not_found') return { message: body.detail, pointers, exitCode: notFound.code }
  return error.code === 'api_invalid' ? { message: body.detail, pointers, exitCode: failed.code } : null
}

type Refusal = Pick<RenderError, 'message' | 'pointers'> & { exitCode: number }

function describeRefusal({ message, pointers }: Refusal): string {
  const places = pointers.filter((pointer) => !message.includes(pointer))
  return places.length > 0 ? `${message} (${places.join(', ')})` : message
}
