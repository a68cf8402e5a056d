// Builds every package: tsc writes dist/*.js and dist/*.d.ts, then the command line and what flows load are bundled.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const order = [
  'packages/core',
  'packages/server',
  'packages/worker',
  'packages/sdk',
  'infrastructures/docker',
  'infrastructures/kubernetes',
  'infrastructures/cloud-run',
  'infrastructures/process',
  'packages/infrastructure',
  'packages/cli',
]
const tsc = join(root, 'node_modules', '.bin', 'tsc')

for (const [index, folder] of order.entries()) {
  const started = performance.now()
  rmSync(join(root, folder, 'dist'), { recursive: true, force: true })
  const result = spawnSync(tsc, ['-p', join(root, folder, 'tsconfig.build.json')], { stdio: 'inherit' })
  if (result.status !== 0) {
    process.stderr.write(`Building ${folder} failed.\n`)
    process.exit(1)
  }
  await bundle(folder)
  const { name } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  process.stderr.write(`  [${index + 1}/${order.length}] ${name} ${((performance.now() - started) / 1000).toFixed(1)} s\n`)
}

async function bundle(folder) {
  if (folder === 'packages/sdk') {
    const { bundleSdk } = await import('./bundle-sdk.mjs')
    return bundleSdk(join(root, folder))
  }
  const main = join(root, folder, 'src', 'main.ts')
  if (folder !== 'packages/cli' || !existsSync(main)) return
  const { bundleCommandLine } = await import('./bundle.mjs')
  await bundleCommandLine(join(root, folder))
}
