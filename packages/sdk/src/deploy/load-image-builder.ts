import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AedileError } from '@aedile/core/errors'
import type { ImageBuilder } from '@aedile/core/image-builder'

const BUILDER_PACKAGE = '@aedile/docker'

/**
 * Loads the package that builds images, where it is installed: as seen from one of these folders. A flow's image needs
 * none of it, so the SDK does not depend on it.
 * @throws AedileError `image_unsupported`, with what to install
 */
export async function loadImageBuilder(folders: string[]): Promise<ImageBuilder> {
  for (const folder of folders) {
    const path = findEntry(folder)
    if (path) return ((await import(pathToFileURL(path).href)) as { imageBuilder: ImageBuilder }).imageBuilder
  }
  throw new AedileError('image_unsupported', { package: BUILDER_PACKAGE })
}

function findEntry(folder: string): string | null {
  try {
    return createRequire(join(folder, 'package.json')).resolve(`${BUILDER_PACKAGE}/image-build/image-builder`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // A package without the entry is one that is too old.
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return null
    throw error
  }
}
