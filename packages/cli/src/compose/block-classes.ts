import type { Block, BlockConstructor } from '@aedile/worker/classes/block'
import type { Infrastructure } from '@aedile/worker/classes/infrastructure'
import type { CliContext } from '../cli-context.ts'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { findInfrastructures, load, readPackage } from './infrastructures.ts'

/** The class of a block type; null when no installed package brings it. Packages name theirs in `aedile.blocks`. */
export async function findBlockClass(context: CliContext, slug: string): Promise<BlockConstructor | null> {
  const found = listed(context).find((one) => one.slug === slug)
  if (!found) return null
  const { blocks } = await load<{ blocks: BlockConstructor[] }>(found.package, 'blocks')
  return blocks.find(({ blockClass }) => blockClass.slug === slug) ?? null
}

/** The class of an infrastructure. @throws CliFailure when there is none, with those that there are. */
export async function findInfrastructureClass(
  context: CliContext,
  slug: string,
): Promise<BlockConstructor<Infrastructure & Block>> {
  const found = await findBlockClass(context, slug)
  if (found && canRun(found)) return found
  const known: string[] = []
  for (const one of listed(context)) {
    const type = await findBlockClass(context, one.slug)
    if (type && canRun(type)) known.push(one.slug)
  }
  throw new CliFailure(`${slug} is no infrastructure that runs a command. Known: ${known.join(', ')}.`, EXIT_CODES.usage.code)
}

function canRun(type: BlockConstructor): type is BlockConstructor<Infrastructure & Block> {
  return type.blockClass.capabilities.includes('run-infrastructure')
}

function listed({ infrastructures }: CliContext): { package: string; slug: string }[] {
  return findInfrastructures(infrastructures).flatMap(({ name }) =>
    (readPackage(name)?.aedile?.blocks ?? []).map((slug) => ({ package: name, slug })),
  )
}
