import type { CliContext } from '../../cli-context.ts'
import { changeWorkPool } from './change.ts'

/** `aedile work-pool pause` */
export async function run(context: CliContext, _: unknown, name: string): Promise<void> {
  await changeWorkPool(context, name, { is_paused: true }, `Paused work pool ${name}. Workers take no more runs from it.`)
}
