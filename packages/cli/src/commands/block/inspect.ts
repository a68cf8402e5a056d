import { blockLabel, findBlock } from '../../blocks/find-block.ts'
import type { CliContext } from '../../cli-context.ts'

/** Shows a block, secrets masked. */
export async function run(context: CliContext, _: unknown, text: string): Promise<void> {
  const block = await findBlock(context, text)
  const { print } = context
  await print.result(block, () => {
    print.line(`${blockLabel(block)}  ${block.id}`)
    print.line(`Capabilities: ${[...(block.block_schema?.capabilities ?? [])].sort().join(', ') || 'none'}`)
    print.line(JSON.stringify(block.data, null, 2))
  })
}
