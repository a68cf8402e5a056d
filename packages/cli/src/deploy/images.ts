import type { BuiltImage, ImageBuilder, ImageOrder, ImagePlace, ImageStep, ImageStepResult } from '@aedile/core/image-builder'
import type { JsonObject } from '@aedile/core/json'
import type { ReferenceLookup } from '@aedile/core/templates/references'
import { checkImagePool } from '@aedile/sdk/deploy/build-flow-image'
import { loadImageBuilder } from '@aedile/sdk/deploy/load-image-builder'
import { ownFolder } from '../compose/own-package.ts'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import type { DeployOptions } from './deploy-options.ts'
import { parseJobVariables } from './job-variables.ts'
import type { PreparedDeployment } from './prepare-deployment.ts'

const CREDENTIALS_BLOCK = 'docker-registry-credentials'
/** Options that say how an image is built, and nothing without one. */
const ABOUT_IMAGES = {
  dockerfile: '--dockerfile',
  baseImage: '--base-image',
  platform: '--platform',
  buildArg: '--build-arg',
  registryCredentials: '--registry-credentials',
} as const

/** The image builder, loaded with the first image. Steps with the same inputs are run once in a command. */
export class Images {
  readonly #folder: string
  readonly #done = new Map<string, Promise<ImageStepResult>>()
  #builder: Promise<ImageBuilder> | null = null

  constructor(folder: string) {
    this.#folder = folder
  }

  load(): Promise<ImageBuilder> {
    this.#builder ??= loadImageBuilder([this.#folder, ownFolder()])
    return this.#builder
  }

  async runStep(step: ImageStep, inputs: JsonObject, place: ImagePlace & { folder: string; entrypoint: string | null }) {
    const builder = await this.load()
    const isMade = inputs.dockerfile === 'auto'
    const key = JSON.stringify([step, inputs, isMade ? place.entrypoint : null])
    const known = inputs.ignore_cache === true ? undefined : this.#done.get(key)
    const result = known ?? builder.runStep(step, inputs, place)
    this.#done.set(key, result)
    return await result
  }

  async build(order: ImageOrder, place: ImagePlace): Promise<BuiltImage> {
    return await (await this.load()).build(order, place)
  }
}

/** What `--image` and its options ask for; null without them. Everything that can be known before a build is checked. */
export async function readImageOrder(
  options: DeployOptions,
  prepared: PreparedDeployment,
  { folder, lookup, images }: { folder: string; lookup: ReferenceLookup; images: Images },
): Promise<ImageOrder | null> {
  const { image, dockerfile, baseImage, platform, buildArg, registryCredentials, push, pull } = options
  if (image === undefined) {
    const lost = Object.entries(ABOUT_IMAGES).find(([name]) => options[name as keyof typeof ABOUT_IMAGES] !== undefined)
    if (lost) throw new CliFailure(`${lost[1]} says how an image is built: add --image REGISTRY/NAME.`, EXIT_CODES.usage.code)
    return null
  }
  if (options.jobVariable && 'image' in parseJobVariables(options.jobVariable)) {
    throw new CliFailure('Give --image to build one, or --job-variable image=NAME for one that is there.', EXIT_CODES.usage.code)
  }
  checkImagePool(prepared.pool)
  const order: ImageOrder = {
    name: image,
    folder,
    entrypoint: prepared.flow.entrypoint,
    ...(dockerfile === undefined ? {} : { dockerfile }),
    ...(baseImage === undefined ? {} : { baseImage }),
    ...(platform === undefined ? {} : { platform }),
    ...(buildArg === undefined ? {} : { buildArgs: parseJobVariables(buildArg, '--build-arg') as Record<string, string> }),
    ...(registryCredentials === undefined ? {} : { credentials: await readCredentials(registryCredentials, lookup) }),
    push: push ?? true,
    pull: pull ?? true,
  }
  const builder = await images.load()
  builder.check(order)
  return order
}

async function readCredentials(name: string, lookup: ReferenceLookup): Promise<JsonObject> {
  const document = await lookup.readBlockDocument(CREDENTIALS_BLOCK, name)
  if (document) return document.data as JsonObject
  throw new CliFailure(`There is no ${CREDENTIALS_BLOCK} block named ${name}.`, EXIT_CODES.notFound.code)
}
