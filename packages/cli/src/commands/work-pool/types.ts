import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { readWorkPool } from '@aedile/core/client/work-pools'
import { writeVariableTypes } from '@aedile/core/templates/variable-types'
import type { CliContext } from '../../cli-context.ts'

/** Writes TypeScript types of a pool's job variables. */
export async function run({ client, print }: CliContext, { output }: { output?: string }, name: string): Promise<void> {
  const pool = await readWorkPool(client, name)
  const types = writeVariableTypes(name, pool.base_job_template)
  if (output === undefined) {
    await print.result({ work_pool: name, types }, () => void process.stdout.write(types))
    return
  }
  mkdirSync(dirname(output), { recursive: true })
  writeFileSync(output, types)
  await print.result({ work_pool: name, file: output }, () => print.line(`Wrote ${output}. Import it where you deploy.`))
}
