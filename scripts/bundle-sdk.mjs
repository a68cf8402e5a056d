// Bundles what the process of a flow loads before the flow's own code: 200 small modules, most of them zod's, take longer to
// find than to run. The other modules of the package stay beside it, for who imports them by name; a process may hold both.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { collectLicenses } from './bundle.mjs'

export async function bundleSdk(folder) {
  // All in one folder: modules find what belongs to the package from their own place.
  const outdir = join(folder, 'dist', 'bundle')
  rmSync(outdir, { recursive: true, force: true })
  const { metafile } = await build({
    entryPoints: { sdk: join(folder, 'dist', 'sdk.js'), main: join(folder, 'dist', 'execute', 'main.js') },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // Only for files that Node cannot load by itself.
    external: ['jiti'],
    chunkNames: '[name]-[hash]',
    metafile: true,
    logLevel: 'warning',
  })
  writeFileSync(join(outdir, 'LICENSES.txt'), collectLicenses(Object.keys(metafile.inputs)))
}
