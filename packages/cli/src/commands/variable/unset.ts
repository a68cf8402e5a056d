import { deleteVariable } from '@aedile/core/client/variables'
import type { CliContext } from '../../cli-context.ts'

/** Removes a variable. */
export async function run({ client, print }: CliContext, _: unknown, name: string): Promise<void> {
  await deleteVariable(client, name)
  await print.result({ deleted: name }, () => print.line(`Removed variable ${name}.`))
}
