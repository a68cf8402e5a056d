// The checks beside the tests: types, biome, knip, publint. Each prints its time.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = (name) => join(root, 'node_modules', '.bin', name)
const packages = ['packages', 'infrastructures'].flatMap((folder) =>
  readdirSync(join(root, folder)).map((name) => join(folder, name)),
)
// publint looks at the folder, not at the package: the condition `aedile-source` names sources that are not published.
const checks = [
  ['types', bin('tsc'), ['-p', 'tsconfig.json', '--noEmit']],
  ['biome', bin('biome'), ['ci', '--error-on-warnings', '.']],
  ['knip', bin('knip'), ['--no-progress']],
  ...packages.map((folder) => [`publint ${folder}`, bin('publint'), ['run', folder, '--pack', 'false', '--strict']]),
]
let failed = false
for (const [name, command, args] of checks) {
  const started = performance.now()
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
  const passed = result.status === 0
  if (!passed) process.stdout.write(`${result.stdout}${result.stderr}\n`)
  process.stdout.write(`${passed ? 'ok    ' : 'FAILED'} ${name} ${((performance.now() - started) / 1000).toFixed(1)} s\n`)
  failed ||= !passed
}
process.exit(failed ? 1 : 0)
