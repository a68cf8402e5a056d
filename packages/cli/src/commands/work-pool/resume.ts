import type { CliContext } from '../../cli-context.ts'
import { changeWorkPool } from './change.ts'

/** `aedile work-pool resume` */
export async function run(context: CliContext, _: unknown, name: string): Promise<void> {
  await changeWorkPool(context, name, { is_paused: false }, `Resumed work pool ${name}.`)
}
