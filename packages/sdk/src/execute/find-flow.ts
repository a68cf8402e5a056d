import { AedileError } from '@aedile/core/errors'
import { FLOW, type FlowInternals } from '../flow.ts'

/** What the executor can run. */
export type LoadedFlow = { name: string; [FLOW]: FlowInternals }

/** Finds a flow in a loaded file: by the name of its export, else by its own name. Throws one that lists what there is. */
export function findFlow(file: string, exports: Record<string, unknown>, name: string): LoadedFlow {
  const flows = Object.entries(exports).filter((entry): entry is [string, LoadedFlow] => isFlow(entry[1]))
  const found = flows.find(([exported]) => exported === name) ?? flows.find(([, flow]) => flow.name === name)
  if (found) return found[1]
  const list = flows.map(([exported, flow]) => (exported === flow.name ? exported : `${exported} (${flow.name})`))
  throw new AedileError('flow_not_in_file', { file, name, found: list.sort().join(', ') || 'none; flows have to be exported' })
}

function isFlow(value: unknown): value is LoadedFlow {
  return typeof value === 'function' && FLOW in value
}
