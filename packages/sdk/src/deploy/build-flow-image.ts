import { AedileError } from '@aedile/core/errors'
import type { BuiltImage, ImageOrder } from '@aedile/core/image-builder'
import { isJsonObject } from '@aedile/core/json'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import type { ImageOptions } from './deploy-options.ts'
import { loadImageBuilder } from './load-image-builder.ts'

/** The image of a deployment: built and pushed here, or one that is there already. */
export type FlowImage = Pick<BuiltImage, 'image' | 'digest' | 'directory'>

/** @throws AedileError `image_pool_unsuited` when the pool's template has no image to set */
export function checkImagePool({ name, type, base_job_template: template }: WorkPool): void {
  const { variables } = template
  const properties = isJsonObject(variables) ? variables.properties : undefined
  if (isJsonObject(properties) && 'image' in properties) return
  throw new AedileError('image_pool_unsuited', { pool: name, type })
}

/** Makes a flow's image of its project. Ctrl-C ends a build. */
export async function buildFlowImage(
  options: string | ImageOptions,
  { folder, entrypoint, tell }: { folder: string; entrypoint: string; tell: (line: string) => void },
): Promise<FlowImage> {
  const { build = true, ...rest } = typeof options === 'string' ? { name: options } : options
  if (!build) return { image: rest.tag ? `${rest.name}:${rest.tag}` : rest.name, digest: null, directory: '' }
  const builder = await loadImageBuilder([folder, import.meta.dirname])
  const order: ImageOrder = { folder, entrypoint, ...rest }
  builder.check(order)
  const stop = new AbortController()
  const onSignal = () => stop.abort(new Error('The build was interrupted.'))
  process.once('SIGINT', onSignal)
  try {
    return await builder.build(order, { environment: process.env, tell, signal: stop.signal })
  } finally {
    process.off('SIGINT', onSignal)
  }
}
