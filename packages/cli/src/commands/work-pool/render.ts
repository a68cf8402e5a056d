import type { CliContext } from '../../cli-context.ts'
import { type RenderOptions, runRender } from '../../rendering/render-command.ts'
import { findSubject } from '../../rendering/subject.ts'

/** Prints what a worker of the pool would create. */
export async function run(
  context: CliContext,
  options: RenderOptions & { deployment?: string; flowRun?: string },
  name: string,
): Promise<void> {
  await runRender(context, options, await findSubject(context.client, name, options))
}
