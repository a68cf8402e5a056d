import type { CliContext } from '../../cli-context.ts'
import { type RenderOptions, runRender } from '../../rendering/render-command.ts'
import { findDeploymentSubject } from '../../rendering/subject.ts'

/** Prints what a worker would create for a run of the deployment. */
export async function run(context: CliContext, options: RenderOptions, name: string): Promise<void> {
  await runRender(context, options, await findDeploymentSubject(context.client, name))
}
