import { uuid7 } from '@aedile/core/client/uuid7'
import { AedileError } from '@aedile/core/errors'
import { isJsonObject, type JsonObject } from '@aedile/core/json'
import type { Deployment } from '@aedile/core/resources/deployment'
import type { FlowRun } from '@aedile/core/resources/flow-run'
import { applyValues } from '@aedile/core/templates/apply-values'
import { type ReferenceLookup, resolveReferences } from '@aedile/core/templates/references'
import { formatTimestamp, nowMicroseconds } from '@aedile/core/time'
import type { RunLogger } from '../logger.ts'
import type { EventSender } from '../reporting/event-sender.ts'
import { gitClone } from './steps/git-clone.ts'
import { runShellScript } from './steps/run-shell-script.ts'
import { setWorkingDirectory } from './steps/set-working-directory.ts'

/** What a step is given to work with. */
export type StepContext = {
  /** Where the run is; `directory` in a step's output moves it. */
  folder: string
  environment: Readonly<Record<string, string | undefined>>
  logger: RunLogger
  signal: AbortSignal
}

type Step = (inputs: JsonObject, context: StepContext) => Promise<JsonObject>

/** Genuine clients write the first form of a name or the second. */
const STEPS: Record<string, Step> = {
  'prefect.deployments.steps.set_working_directory': setWorkingDirectory,
  'prefect.deployments.steps.pull.set_working_directory': setWorkingDirectory,
  'prefect.deployments.steps.git_clone': gitClone,
  'prefect.deployments.steps.pull.git_clone': gitClone,
  'prefect.deployments.steps.run_shell_script': runShellScript,
  'prefect.deployments.steps.utility.run_shell_script': runShellScript,
}

/** Inputs that are about the step and not for it. */
const RESERVED = ['id', 'requires']

export type PullOptions = {
  context: StepContext
  lookup: ReferenceLookup
  events: EventSender
  deployment: Deployment
  flowRun: FlowRun
}

/**
 * Runs a deployment's pull steps in order and returns the folder that they lead to. A step sees the outputs of those
 * before it. Each is told as an event with its inputs as they are written: nothing that was filled in, so no secret.
 */
export async function runPullSteps(steps: JsonObject[], options: PullOptions): Promise<string> {
  const { logger } = options.context
  let { context } = options
  const outputs: JsonObject = {}
  for (const [index, step] of steps.entries()) {
    const { name, inputs } = parseStep(step)
    const shortName = name.split('.').at(-1) ?? name
    logger.info(`Executing deployment step: ${shortName}`)
    const told = { index, qualified_name: name, step_name: shortName, id: inputs.id ?? null, inputs }
    try {
      const output = await runStep(name, inputs, outputs, context, options.lookup)
      if (typeof inputs.id === 'string') outputs[inputs.id] = output
      Object.assign(outputs, output)
      if (typeof output.directory === 'string') context = { ...context, folder: output.directory }
      sendStepEvent('executed', told, options)
    } catch (cause) {
      sendStepEvent('failed', told, options)
      await options.events.flush()
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new AedileError('pull_step_failed', { step: name, reason }, { cause })
    }
  }
  return context.folder
}

function parseStep(step: JsonObject): { name: string; inputs: JsonObject } {
  const entries = Object.entries(step)
  const [name, inputs] = entries[0] ?? []
  if (entries.length !== 1 || name === undefined || (inputs !== null && !isJsonObject(inputs))) {
    throw new AedileError('pull_step_unknown', { step: JSON.stringify(step), known: 'one name with its inputs' })
  }
  return { name, inputs: inputs ?? {} }
}

async function runStep(
  name: string,
  given: JsonObject,
  outputs: JsonObject,
  context: StepContext,
  lookup: ReferenceLookup,
): Promise<JsonObject> {
  const run = STEPS[name]
  if (!run) throw new AedileError('pull_step_unknown', { step: name, known: Object.keys(STEPS).join(', ') })
  const inputs = Object.fromEntries(Object.entries(given).filter(([key]) => !RESERVED.includes(key)))
  const { environment } = context
  // The order of a genuine client: outputs so far, blocks and variables, the environment.
  const withOutputs = applyValues(inputs, outputs, { environment })
  const resolved = await resolveReferences(withOutputs ?? {}, lookup)
  const filled = applyValues(resolved, definedValues(environment), { environment })
  return run(isJsonObject(filled) ? filled : {}, context)
}

function definedValues(environment: StepContext['environment']): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

function sendStepEvent(outcome: 'executed' | 'failed', step: JsonObject, { events, deployment, flowRun }: PullOptions): void {
  events.add({
    id: uuid7(),
    occurred: formatTimestamp(nowMicroseconds()),
    event: `prefect.flow-run.pull-step.${outcome}`,
    resource: { 'prefect.resource.id': `prefect.flow-run.${flowRun.id}`, 'prefect.resource.name': flowRun.name },
    related: [{ 'prefect.resource.id': `prefect.deployment.${deployment.id}`, 'prefect.resource.role': 'deployment' }],
    payload: step,
  })
}
