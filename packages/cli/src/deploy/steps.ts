import { isJsonObject, type JsonObject } from '@aedile/core/json'
import { applyValues } from '@aedile/core/templates/apply-values'
import { type ReferenceLookup, resolveReferences } from '@aedile/core/templates/references'
import { runShellScript } from '@aedile/sdk/execute/steps/run-shell-script'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { definedValues } from '../options/defined-values.ts'

const RUN_SHELL_SCRIPT = /^prefect\.deployments\.steps\.(utility\.)?run_shell_script$/
/** Inputs that are about a step and not for it. */
const RESERVED = ['id', 'requires']

/** Refuses the build and push steps that cannot be run here, before anything is done. */
export function checkSteps(kind: 'build' | 'push', steps: JsonObject[], where: string): void {
  for (const step of steps) {
    const names = Object.keys(step)
    if (names.length === 1 && RUN_SHELL_SCRIPT.test(names[0]!)) continue
    const found = names.length === 1 ? `the step ${names[0]} is not there` : `a step has one name, found ${names.join(', ')}`
    throw new CliFailure(
      `${where}: ${found}. Of the ${kind} steps this version runs prefect.deployments.steps.run_shell_script only: build and push by a script, or before \`aedile deploy\`.`,
      EXIT_CODES.usage.code,
    )
  }
}

/** What running steps needs. */
export type StepParts = {
  folder: string
  environment: Readonly<Record<string, string | undefined>>
  lookup: ReferenceLookup
  say: (line: string) => void
  signal: AbortSignal
}

/** Runs steps in order. Their outputs are merged, and kept under the step's id as well. */
export async function runSteps(steps: JsonObject[], parts: StepParts): Promise<JsonObject> {
  const outputs: JsonObject = {}
  for (const step of steps) {
    const [name = '', given] = Object.entries(step)[0] ?? []
    const { id, ...inputs } = isJsonObject(given) ? given : {}
    parts.say(`Running ${typeof id === 'string' ? id : (name.split('.').at(-1) ?? name)}`)
    const output = await runStep(name, inputs, outputs, parts)
    if (typeof id === 'string') outputs[id] = output
    Object.assign(outputs, output)
  }
  return outputs
}

async function runStep(name: string, given: JsonObject, outputs: JsonObject, parts: StepParts): Promise<JsonObject> {
  const { folder, environment, lookup, signal, say } = parts
  const inputs = Object.fromEntries(Object.entries(given).filter(([key]) => !RESERVED.includes(key)))
  // The order of a genuine client: outputs so far, blocks and variables, the environment.
  const resolved = await resolveReferences(applyValues(inputs, outputs, { environment }) ?? {}, lookup)
  const filled = applyValues(resolved, definedValues(environment), { environment })
  const logger = { debug: () => {}, info: write, warning: write, error: write, critical: write }
  function write(...values: unknown[]): void {
    say(`  ${values.join(' ')}`)
  }
  try {
    return await runShellScript(isJsonObject(filled) ? filled : {}, { folder, environment, logger, signal })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CliFailure(`The step ${name} failed, so nothing was deployed: ${reason}`)
  }
}
