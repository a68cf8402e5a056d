import { processDefinition as d } from './definition.ts'
import { processDriver } from './driver.ts'
import type { Job } from '@aedile/core/infrastructure-definition'
const c = await processDriver.connect({ stateDirectory: '/tmp/ph/state' }, {})
const facts = await c.facts(); console.log(facts)
const run = async (command: string, env = {}) => {
  const key = crypto.randomUUID()
  const at = { key, server: 's1', flowRunId: null }
  const job: Job = { name: 'x', command, env: { PATH: process.env.PATH!, ...env }, labels: {}, stream_output: true, working_dir: null }
  const req = d.request(d.prepare(job, { command: true }), facts, at)
  let out = ''
  const sink = { output: (s: string, b: Uint8Array, cur: string) => { out += `[${s} ${b.length} @${cur}]` + (b.length < 200 ? Buffer.from(b).toString() : '') }, status() {}, handle() {} }
  const signal = new AbortController().signal
  const t = performance.now()
  const h = await c.start(req, d.handle(req, facts, at), { sink, signal })
  const t1 = performance.now()
  const ob = c.observe(h, { sink, signal })
  return { h, ob, t: t1 - t, out: () => out }
}
for (const cmd of ['sh -c "echo hi; echo err >&2; printf last; exit 3"', 'sh -c "kill -9 \\$\\$"', 'sh -c "exit 137"', 'true', 'nosuch', 'env']) {
  const r = await run(cmd, { 'x.y': '1', IFS: 'q', aedile: 'w' }); const o = await r.ob; console.log(cmd, r.t.toFixed(1), r.out(), o); await c.remove(r.h)
}
const r = await run(`sh -c 'trap "" TERM; (trap "" TERM; setsid sh -c "setsid sleep 100 & sleep 100" &) ; sleep 100; sleep 100'`)
await new Promise(r => setTimeout(r, 200))
let t = performance.now(); await c.stop(r.h, 0.5); console.log('stopped', performance.now() - t, await r.ob)
await c.stop(r.h, 1).catch((e) => console.log(e.message))
for await (const h of c.list('s1')) console.log(h)
await c.remove(r.h)
await c.close()
