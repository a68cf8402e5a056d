// `npm test`: every suite that this machine can run. What needs Postgres or Docker runs when it is there, and is named as
// skipped when not. Writes the runner's reports to .cache/reports and ends with one line that sums them.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEngine, whyNoEngine } from './docker/engine.mjs'
import { findPostgres, startPostgres } from './postgres.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const reports = join(root, '.cache', 'reports')
const only = process.argv.slice(2)
const missing = []
let postgres = null
let engine = null
let running = null
let stoppedBy = null

// Who stops the tests leaves nothing behind: the suite ends, then what was started for it.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stoppedBy ??= signal
    running?.kill(signal)
  })
}

rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })

if (findPostgres()) {
  process.stderr.write('> Starting Postgres ...\n')
  postgres = await startPostgres()
} else {
  missing.push('the server suite on Postgres (Postgres is not installed; on Debian: apt-get install postgresql)')
}

const whyNot = whyNoEngine()
if (whyNot) {
  missing.push(`what runs in containers (no Docker engine: ${whyNot})`)
} else {
  process.stderr.write('> Starting a Docker engine ...\n')
  // A machine may have Docker and yet run none, e.g. a container without the rights.
  engine = await startEngine().catch((error) => {
    missing.push(`what runs in containers (${error.message})`)
    return null
  })
}

const suites = ['unit', 'server-sqlite', ...(postgres ? ['server-postgres'] : []), 'infrastructure', 'stories']
const totals = { passed: 0, failed: 0, skipped: missing.length }
let broken = false
try {
  for (const suite of suites) {
    if (only.length && !only.includes(suite)) continue
    if (stoppedBy) break
    const started = performance.now()
    process.stderr.write(`\n> ${suite}\n`)
    const code = await vitest(suite)
    const counts = count(suite)
    totals.passed += counts.passed
    totals.failed += counts.failed
    totals.skipped += counts.skipped
    if (code !== 0) broken = true
    process.stderr.write(
      `  ${suite}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds(started)}\n`,
    )
  }
} finally {
  postgres?.stop()
  await engine?.stop()
}

if (stoppedBy) {
  process.stdout.write(`Stopped by ${stoppedBy}.\n`)
  process.exit(1)
}
for (const name of missing) process.stdout.write(`Skipped: ${name}\n`)
writeFileSync(join(reports, 'totals.json'), JSON.stringify({ ...totals, missing }))
process.stdout.write(`${broken ? 'The tests failed.' : 'All tests that could run passed.'}\n`)
process.stdout.write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`)
process.exit(broken || totals.failed > 0 ? 1 : 0)

function vitest(suite) {
  const args = [
    '--disable-warning=ExperimentalWarning',
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--project',
    suite,
    '--passWithNoTests',
  ]
  args.push('--reporter=default', '--reporter=json', `--outputFile.json=${join(reports, `${suite}.json`)}`)
  const env = {
    ...process.env,
    ...(postgres ? { AEDILE_TEST_POSTGRES_URL: postgres.url } : {}),
    ...(engine ? { AEDILE_TEST_DOCKER_HOST: engine.host } : {}),
  }
  running = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
  return new Promise((resolve) => running.on('exit', (code) => resolve(code ?? 1)))
}

function count(suite) {
  try {
    const report = JSON.parse(readFileSync(join(reports, `${suite}.json`), 'utf8'))
    const skipped = report.numPendingTests + report.numTodoTests
    for (const file of report.testResults) {
      for (const test of file.assertionResults)
        if (test.status === 'pending' || test.status === 'skipped') process.stdout.write(`Skipped: ${test.fullName}\n`)
    }
    return { passed: report.numPassedTests, failed: report.numFailedTests, skipped }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

function seconds(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`
}
