import type { WorkerFacts } from '../infrastructure-definition.ts'
import type { Deployment } from '../resources/deployment.ts'
import type { Flow } from '../resources/flow.ts'
import type { FlowRun } from '../resources/flow-run.ts'

/** What stands for a value that only the worker knows. */
export const PREVIEW_WORKER = '<worker>'
/** What stands for the id and the name of a run that does not exist yet. */
export const PREVIEW_RUN_ID = '<flow-run-id>'
export const PREVIEW_RUN_NAME = '<flow-run-name>'
const PREVIEW_FLOW_ID = '<flow-id>'

/** What is known of a worker from outside: its name, and which settings it was given. */
export type KnownWorker = { name: string; settingNames: readonly string[] }

/** A worker that was not asked: what only it knows is `<worker>`. Every worker gives its API's address to what it starts. */
export function standInWorker(known: KnownWorker | null): WorkerFacts {
  const names = known?.settingNames.length ? known.settingNames : ['PREFECT_API_URL']
  return {
    name: known?.name ?? PREVIEW_WORKER,
    // Servers that are not Prefect Cloud give workers no id to know themselves by.
    id: null,
    settings: Object.fromEntries(names.map((name) => [name, PREVIEW_WORKER])),
    processEnvironment: {},
    executeCommand: ['aedile-execute'],
    python: 'python3',
  }
}

/** The run that a deployment, or a pool alone, would get. */
export function standInRun(flow: Flow | null, deployment: Deployment | null): FlowRun {
  const unknown = { id: PREVIEW_RUN_ID, name: PREVIEW_RUN_NAME, flow_id: flow?.id ?? PREVIEW_FLOW_ID }
  const parts = { deployment_id: deployment?.id ?? null, parameters: deployment?.parameters ?? {}, tags: deployment?.tags ?? [] }
  // The rest of a run has no part in a rendering, but for templates of names, to which it is unknown.
  return { ...unknown, ...parts, job_variables: {} } as unknown as FlowRun
}
