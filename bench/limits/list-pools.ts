// A command line with nothing of Aedile in it: one request, its answer printed.
import { request } from 'node:http'

const asked = request(
  `${process.argv[2]}/work_pools/filter`,
  { method: 'POST', headers: { 'content-type': 'application/json' } },
  (answer) => {
    const parts: Buffer[] = []
    answer.on('data', (part: Buffer) => parts.push(part))
    answer.on('end', () =>
      console.log((JSON.parse(Buffer.concat(parts).toString()) as { name: string }[]).map(({ name }) => name).join('\n')),
    )
  },
)
asked.end('{}')
