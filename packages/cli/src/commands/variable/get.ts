import { readVariable } from '@aedile/core/client/variables'
import type { CliContext } from '../../cli-context.ts'

/** Prints the value of a variable. */
export async function run({ client, print }: CliContext, _: unknown, name: string): Promise<void> {
  const variable = await readVariable(client, name)
  await print.result(variable, () =>
    print.line(typeof variable.value === 'string' ? variable.value : JSON.stringify(variable.value, null, 2)),
  )
}
