import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the package `aedile`: found upwards, because bundled and plain files lie at different depths. */
export function ownFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) throw new Error('The package of aedile has no package.json')
  }
}

/** The folder of the bundle that this is part of; null where it is not. */
export function bundleFolder(): string | null {
  const bundle = join(ownFolder(), 'dist', 'bundle')
  return fileURLToPath(import.meta.url).startsWith(bundle + sep) ? bundle : null
}

/** The package.json of `aedile`. */
export function readOwnPackage(): { version: string; dependencies: Record<string, string> } {
  return JSON.parse(readFileSync(join(ownFolder(), 'package.json'), 'utf8'))
}

export function readOwnVersion(): string {
  return readOwnPackage().version
}
