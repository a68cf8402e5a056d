import { buildInfrastructure, type InfrastructureOptions, readScriptSources } from '../../blocks/build-infrastructure.ts'
import type { CliContext } from '../../cli-context.ts'

/** Shows what would run. */
export async function run(
  context: CliContext,
  options: InfrastructureOptions & { apiUrl?: string },
  slug: string,
  command: string[],
): Promise<void> {
  const infrastructure = await buildInfrastructure(context, slug, options, command)
  const preview = await infrastructure.preview({ sources: readScriptSources(context, options.apiUrl) })
  await context.print.result({ type: slug, preview }, () => context.print.line(preview))
}
