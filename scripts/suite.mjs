// Runs one of the heavier suites of vitest.config.ts and keeps its report: `node scripts/suite.mjs conformance`.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEngine, whyNoEngine } from './docker/engine.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [suite, ...filters] = process.argv.slice(2)
const reports = join(root, '.cache', 'reports')
mkdirSync(reports, { recursive: true })
const node = process.execPath
const args = [
  '--disable-warning=ExperimentalWarning',
  join(root, 'node_modules', 'vitest', 'vitest.mjs'),
  'run',
  '--project',
  suite,
  ...filters,
]
args.push('--reporter=default', '--reporter=json', `--outputFile.json=${join(reports, `${suite}.json`)}`)
// Some of these run in containers.
const needsEngine = suite === 'conformance' && !process.env.AEDILE_TEST_DOCKER_HOST && whyNoEngine() === null
const engine = needsEngine ? await startEngine() : null
const env = { ...process.env, ...(engine ? { AEDILE_TEST_DOCKER_HOST: engine.host } : {}) }
const { status } = spawnSync(node, args, { cwd: root, stdio: 'inherit', env })
await engine?.stop()
process.exit(status ?? 1)
