// `node bench/flame-graph.ts FILE.cpuprofile > FILE.svg`: a CPU profile of Node as a flame graph.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { buildTree, type CpuProfile } from './flame-graph/build-tree.ts'
import { drawFlameGraph } from './flame-graph/draw.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  // `from`: the second that it begins at, so that the start of a server is left out.
  options: { title: { type: 'string' }, from: { type: 'string', default: '0' } },
})
const [file] = positionals
if (file === undefined) {
  process.stderr.write('usage: node bench/flame-graph.ts [--from SECONDS] [--title TEXT] FILE.cpuprofile > FILE.svg\n')
  process.exitCode = 2
} else {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile
  process.stdout.write(drawFlameGraph(buildTree(profile, Number(values.from)), values.title ?? basename(file)))
}
