import { createVariable, updateVariable } from '@aedile/core/client/variables'
import { isAedileError } from '@aedile/core/errors'
import type { CliContext } from '../../cli-context.ts'
import { CliFailure } from '../../failure.ts'
import { jsonOrText } from '../../options/parse-assignments.ts'

/** Sets a variable. */
export async function run(
  { client, print }: CliContext,
  options: { overwrite?: boolean; tag?: string[] },
  name: string,
  text: string,
): Promise<void> {
  const value = jsonOrText(text)
  const tags = options.tag ? { tags: options.tag } : {}
  try {
    await createVariable(client, { name, value, ...tags })
  } catch (error) {
    if (!isAedileError(error, 'api_conflict')) throw error
    if (!options.overwrite) throw new CliFailure(`There is a variable ${name} already. Add --overwrite to replace its value.`)
    await updateVariable(client, name, { value, ...tags })
  }
  await print.result({ name, value }, () => print.line(`Set variable ${name}.`))
}
