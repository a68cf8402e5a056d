import { randomUUID } from 'node:crypto'
import type { FlowRunTable } from '../../store/tables.ts'
import { readFlowRunPolicy, writeFlowRunPolicy } from '../policy.ts'
import { ANY_OR_NONE, type Rule } from '../rule.ts'

/** Says which runs may pause, and remembers each pause by its key, so that it fires once. */
export const handlePausingFlows: Rule<FlowRunTable> = {
  name: 'HandlePausingFlows',
  from: ANY_OR_NONE,
  to: ['PAUSED'],
  apply(transition) {
    const { run, initial, proposed } = transition
    if (proposed === null) return undefined
    const verb = proposed.name === 'Suspended' ? 'suspend' : 'pause'
    if (initial === null) {
      transition.abort(`Cannot ${verb} flows with no state.`)
      return undefined
    }
    if (initial.type !== 'RUNNING') {
      transition.reject(null, `Cannot ${verb} flows that are not currently running.`)
      return undefined
    }
    const key = proposed.state_details.pause_key ?? randomUUID()
    const fired = readFlowRunPolicy(run).pause_keys ?? []
    if (fired.includes(key)) {
      transition.reject(null, `This ${verb} has already fired.`)
      return undefined
    }
    if (proposed.state_details.pause_reschedule && run.parent_task_run_id !== null) {
      transition.abort(`Cannot ${verb} subflows.`)
      return undefined
    }
    if (proposed.state_details.pause_reschedule && run.deployment_id === null) {
      transition.abort(`Cannot ${verb} flows without a deployment.`)
      return undefined
    }
    return { after: () => writeFlowRunPolicy(run, { pause_keys: [...fired, key] }) }
  },
}
