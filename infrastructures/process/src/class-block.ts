import type { BlockClass } from '@aedile/core/blocks/block-class'
import { infrastructureProperties } from '@aedile/worker/classes/infrastructure-properties'

/** What the class Process tells a server about itself. */
export const processBlock: BlockClass = {
  title: 'Process',
  name: 'Process',
  slug: 'process',
  description: 'Runs a command in a new process on this machine.',
  documentationUrl: null,
  logoUrl:
    'https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/process.png',
  codeExample: "import { Process } from '@aedile/infrastructure'\n\nconst process = await Process.load('BLOCK_NAME')",
  capabilities: ['run-infrastructure'],
  properties: {
    ...infrastructureProperties('process'),
    stream_output: {
      title: 'Stream Output',
      description: "Whether output goes to the script's own. Otherwise it is thrown away.",
      default: true,
      type: 'boolean',
    },
  },
  required: [],
  secretFields: [],
  nested: {},
}
