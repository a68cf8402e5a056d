import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ApiConnection } from '../load/api-connection.ts'
import type { Product } from '../products/product.ts'
import type { NotingCommand } from './noting-command.ts'

/**
 * Creates a deployment of a flow whose first line notes the time and which does nothing else, and gives its id: in
 * TypeScript for ours, in Python for a genuine worker, and for the limit the same file without the SDK.
 */
export async function createFlowDeployment(
  api: ApiConnection,
  product: Product,
  { pool, folder, noting }: { pool: string; folder: string; noting: NotingCommand },
): Promise<string> {
  const { file, text } = FLOWS[product.name](JSON.stringify(noting.notes))
  writeFileSync(join(folder, file), text)
  const flow = await api.expect<{ id: string }>('POST', '/flows/', { name: 'hello' })
  const pull = { 'prefect.deployments.steps.set_working_directory': { directory: folder } }
  const what =
    product.name === 'limit'
      ? { job_variables: { command: `"${process.execPath}" "${join(folder, file)}"` } }
      : { entrypoint: `${file}:hello`, path: folder, pull_steps: [pull] }
  const body = { name: 'hello', flow_id: flow.id, work_pool_name: pool, ...what }
  return (await api.expect<{ id: string }>('POST', '/deployments/', body)).id
}

const FLOWS: Record<Product['name'], (notes: string) => { file: string; text: string }> = {
  aedile: (notes) => ({
    file: 'hello.ts',
    text: `${IMPORT}import { flow } from '@aedile/sdk'\n\nexport const hello = flow({ name: 'hello' }, async () => {\n${note(notes)}})\n`,
  }),
  limit: (notes) => ({
    file: 'hello.ts',
    text: `${IMPORT}\nexport const hello = async (): Promise<void> => {\n${note(notes)}}\n\nawait hello()\n`,
  }),
  genuine: (notes) => ({
    file: 'hello.py',
    text: `import os, time
from prefect import flow


@flow
def hello():
    at, run = time.time_ns(), os.environ["PREFECT__FLOW_RUN_ID"]
    with open(os.path.join(${notes}, "." + run), "w") as f:
        f.write(str(at))
    os.rename(os.path.join(${notes}, "." + run), os.path.join(${notes}, run))
`,
  }),
}

const IMPORT = `import { renameSync, writeFileSync } from 'node:fs'\nimport { join } from 'node:path'\n`

function note(notes: string): string {
  return `  const [at, run] = [Date.now(), process.env.PREFECT__FLOW_RUN_ID!]
  writeFileSync(join(${notes}, '.' + run), at + '000000')
  renameSync(join(${notes}, '.' + run), join(${notes}, run))
`
}
