// A worker with nothing of Aedile in it: a websocket that runs come over, and `spawn`.
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'

const { values } = parseArgs({ options: { api: { type: 'string' } } })
const socket = new WebSocket(`${values.api!.replace('http', 'ws')}/worker`, ['prefect'])
// A worker also has a client for requests: `fetch` loads it, as it does in Aedile's.
await fetch(`${values.api}/health`).then((answer) => answer.text())

socket.on('message', (data: Buffer) => {
  const { id, command } = JSON.parse(data.toString()) as { id: string; command: string }
  const [program, ...args] = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
  const child = spawn(program!, args, { env: { ...process.env, PREFECT__FLOW_RUN_ID: id }, stdio: ['ignore', 'pipe', 'pipe'] })
  let bytes = 0
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (bytes += part.length))
  child.on('error', () => socket.send(JSON.stringify({ id, code: -1, bytes })))
  child.on('close', (code) => socket.send(JSON.stringify({ id, code, bytes })))
})
socket.on('error', () => process.exit(1))
socket.on('close', () => process.exit(1))
process.once('SIGTERM', () => process.exit(0))
