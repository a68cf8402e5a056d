import { filterVariables } from '@aedile/core/client/variables'
import type { CliContext } from '../../cli-context.ts'

/** Lists the variables. */
export async function run({ client, print }: CliContext): Promise<void> {
  const variables = await filterVariables(client)
  await print.result(variables, () =>
    print.table(
      ['Name', 'Value', 'Tags'],
      variables.map(({ name, value, tags }) => [name, JSON.stringify(value), tags.join(', ')]),
      'There are no variables yet. Set one: aedile variable set NAME VALUE',
    ),
  )
}
