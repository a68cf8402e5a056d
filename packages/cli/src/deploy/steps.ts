import { type BuiltImage, IMAGE_STEPS } from '@aedile/core/image-builder'
import { isJsonObject, type JsonObject } from '@aedile/core/json'
import { applyValues } from '@aedile/core/templates/apply-values'
import { type ReferenceLookup, resolveReferences } from '@aedile/core/templates/references'
import { runShellScript } from '@aedile/sdk/execute/steps/run-shell-script'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { definedValues } from '../options/defined-values.ts'
import type { Images } from './images.ts'

const RUN_SHELL_SCRIPT = /^prefect\.deployments\.steps\.(utility\.)?run_shell_script$/
const RUNNABLE = ['prefect.deployments.steps.run_shell_script', ...Object.keys(IMAGE_STEPS)]
/** Inputs that are about a step and not for it. */
const RESERVED = ['id', 'requires']

/** Refuses the build and push steps that cannot be run here, before anything is done. */
export function checkSteps(kind: 'build' | 'push', steps: JsonObject[], where: string): void {
  for (const step of steps) {
    const names = Object.keys(step)
    if (names.length === 1 && (RUN_SHELL_SCRIPT.test(names[0]!) || IMAGE_STEPS[names[0]!])) continue
    const found = names.length === 1 ? `the step ${names[0]} is not there` : `a step has one name, found ${names.join(', ')}`
    throw new CliFailure(
      `${where}: ${found}. Of the ${kind} steps this version runs ${RUNNABLE.join(', ')}. Anything else can be done by a script.`,
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
  images: Images
  /** Of the flow, which tells the language when a Dockerfile is made. */
  entrypoint: string | null
}

/** What steps gave: their outputs, and the images that they made. */
export type StepResults = { outputs: JsonObject; built: BuiltImage[]; pushed: { image: string; digest: string }[] }

/** Runs steps in order. Their outputs are merged, and kept under the step's id as well. */
export async function runSteps(steps: JsonObject[], parts: StepParts): Promise<StepResults> {
  const results: StepResults = { outputs: {}, built: [], pushed: [] }
  const { outputs } = results
  for (const step of steps) {
    const [name = '', given] = Object.entries(step)[0] ?? []
    const { id, ...inputs } = isJsonObject(given) ? given : {}
    parts.say(`Running ${typeof id === 'string' ? id : (name.split('.').at(-1) ?? name)}`)
    const output = await runStep(name, inputs, results, parts)
    if (typeof id === 'string') outputs[id] = output
    Object.assign(outputs, output)
  }
  return results
}

async function runStep(name: string, given: JsonObject, results: StepResults, parts: StepParts): Promise<JsonObject> {
  const { folder, environment, lookup, signal, say } = parts
  const inputs = Object.fromEntries(Object.entries(given).filter(([key]) => !RESERVED.includes(key)))
  // The order of a genuine client: outputs so far, blocks and variables, the environment.
  const resolved = await resolveReferences(applyValues(inputs, results.outputs, { environment }) ?? {}, lookup)
  const filled = applyValues(resolved, definedValues(environment), { environment })
  const logger = { debug: () => {}, info: write, warning: write, error: write, critical: write }
  function write(...values: unknown[]): void {
    say(`  ${values.join(' ')}`)
  }
  const ready = isJsonObject(filled) ? filled : {}
  try {
    const step = IMAGE_STEPS[name]
    if (step === undefined) return await runShellScript(ready, { folder, environment, logger, signal })
    const { entrypoint, images } = parts
    const { outputs, built, pushed } = await images.runStep(step, ready, { folder, environment, entrypoint, tell: write, signal })
    if (built) results.built.push(built)
    if (pushed) results.pushed.push(pushed)
    return outputs
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CliFailure(`The step ${name} failed, so nothing was deployed: ${reason}`)
  }
}
