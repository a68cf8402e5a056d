// Sums the runner's own reports. Fails when anything was skipped, or when fewer tests ran than .ci/minimum-tests says.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, '.cache', 'reports')
const suites = ['unit', 'server-sqlite', 'server-postgres', 'infrastructure', 'stories', 'install-story', 'conformance']
const found = new Set(readdirSync(folder).map((name) => name.replace(/\.json$/, '')))
const sum = { passed: 0, failed: 0, skipped: 0 }
const counts = {}
for (const suite of suites) {
  if (!found.has(suite)) {
    process.stdout.write(`Skipped: the suite ${suite} left no report\n`)
    sum.skipped += 1
    continue
  }
  const report = JSON.parse(readFileSync(join(folder, `${suite}.json`), 'utf8'))
  counts[suite] = report.numPassedTests + report.numFailedTests
  sum.passed += report.numPassedTests
  sum.failed += report.numFailedTests
  sum.skipped += report.numPendingTests + report.numTodoTests
}
const minimum = Number(readFileSync(join(root, '.ci', 'minimum-tests'), 'utf8').trim())
const line = `${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`
writeFileSync(join(folder, 'last-line'), `${line}\n`)
for (const [suite, count] of Object.entries(counts)) process.stdout.write(`${suite.padEnd(18)} ${count}\n`)
let failed = sum.failed > 0
if (sum.skipped > 0) failed = complain(`${sum.skipped} skipped: in CI nothing may be skipped`)
if (sum.passed < minimum) failed = complain(`${sum.passed} tests ran, at least ${minimum} are expected (.ci/minimum-tests)`)
if (counts['server-sqlite'] !== counts['server-postgres'])
  failed = complain('the server suite ran different numbers of tests on SQLite and Postgres')
process.exit(failed ? 1 : 0)

function complain(text) {
  process.stdout.write(`FAILED: ${text}\n`)
  return true
}
