import { hostSettings } from '@aedile/core/settings/host'
import { isScriptEntrypoint } from '@aedile/core/templates/prepare'
import type { CliContext } from '../../cli-context.ts'
import { findPythons } from '../../compose/find-python.ts'
import { CliFailure, EXIT_CODES } from '../../failure.ts'
import { ANY_PARAMETERS, type FlowFacts } from './flow-facts.ts'
import { readPythonFlow } from './read-python-flow.ts'
import { readScriptFlow } from './read-script-flows.ts'

/** What is said of a flow without looking at its code. */
export type FlowWords = { entrypoint: string | null; flowName: string | null }

/**
 * Reads a flow: TypeScript and JavaScript by the SDK's loader, Python by an interpreter that has Prefect. Without an
 * entrypoint the flow is a plain command and has nothing but a name.
 */
export async function readFlow(context: CliContext, { entrypoint, flowName }: FlowWords, folder: string): Promise<FlowFacts> {
  if (entrypoint === null) {
    if (flowName !== null) return nameOnly(flowName, null)
    throw new CliFailure(
      'There is nothing to deploy: give an entrypoint (aedile deploy hello.ts:hello), or for a plain command its name (--flow NAME).',
      EXIT_CODES.usage.code,
    )
  }
  if (isScriptEntrypoint(entrypoint)) return readScriptFlow(entrypoint, folder)
  const pythons = findPythons(context.settings(hostSettings).python, folder)
  const facts = await readPythonFlow(entrypoint, folder, pythons)
  if (facts) return facts
  if (flowName !== null) {
    context.print.note(`No Python here has Prefect, so ${entrypoint} is deployed as it is: its parameters are not checked.`)
    return nameOnly(flowName, entrypoint)
  }
  throw new CliFailure(
    `${entrypoint} cannot be read: no Python with Prefect was found (tried ${pythons.join(', ')}). Name one in AEDILE_PYTHON, or give the flow's name (--flow NAME) to deploy it without looking into it.`,
  )
}

function nameOnly(name: string, entrypoint: string | null): FlowFacts {
  return { name, entrypoint, description: null, version: null, tags: [], parameterSchema: ANY_PARAMETERS }
}
