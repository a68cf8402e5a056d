export {
  DockerContainer,
  type DockerContainerAttributes,
  DockerContainerResult,
} from '@aedile/docker/class'
export { ImagePullPolicy } from '@aedile/docker/class-settings'
export { DockerRegistry, type DockerRegistryAttributes } from '@aedile/docker/registry'
export { Process, type ProcessAttributes, ProcessResult } from '@aedile/process/class'
export { Block, type LoadOptions, type SaveOptions } from '@aedile/worker/classes/block'
export {
  Infrastructure,
  type InfrastructureAttributes,
  type PreviewOptions,
  type RunOptions,
} from '@aedile/worker/classes/infrastructure'
export type { InfrastructureLogger } from '@aedile/worker/classes/infrastructure-log'
export { InfrastructureResult } from '@aedile/worker/classes/infrastructure-result'
export type { OutputTarget } from '@aedile/worker/classes/run-command'
export type { ScriptSources } from '@aedile/worker/classes/script-settings'
export {
  baseFlowRunEnvironment,
  baseFlowRunLabels,
  MIN_COMPAT_PREFECT_VERSION,
  prepareInfrastructure,
  type SubmittedRun,
  submitFlowRun,
} from '@aedile/worker/classes/submission'
