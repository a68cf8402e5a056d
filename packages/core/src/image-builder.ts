import type { JsonObject } from './json.ts'

/** An image that is wanted: what of, and under which name. */
export type ImageOrder = {
  /** `registry/repository`, with or without a tag. */
  name: string
  /** Default: one of its own, from the time. */
  tag?: string
  /** Further tags of the same image. */
  additionalTags?: string[]
  /** The folder whose files go into it. */
  folder: string
  /** What it will run, which tells the language when a Dockerfile is made; null for a plain command. */
  entrypoint: string | null
  /** Relative to the folder; `auto` to have one made. Default: `Dockerfile` when it is there, else made. */
  dockerfile?: string
  /** The image that a made Dockerfile starts from. */
  baseImage?: string
  platform?: string
  target?: string
  buildArgs?: Record<string, string>
  /** Ask registries for newer base images. Default true. */
  pull?: boolean
  noCache?: boolean
  /** Whether to push it. Default true. */
  push?: boolean
  /** The fields of a `docker-registry-credentials` block. Default: those that Docker's own config has. */
  credentials?: JsonObject
}

/** An image that was built. */
export type BuiltImage = {
  /** Name and tag. */
  image: string
  id: string
  /** As the registry has it; null when it was not pushed. */
  digest: string | null
  /** Where its files are. */
  directory: string
}

/** Where an image is built from: nothing of it is read by the builder itself. */
export type ImagePlace = {
  environment: Readonly<Record<string, string | undefined>>
  /** Takes lines of progress. */
  tell: (line: string) => void
  signal: AbortSignal
}

/** What a build or push step of a file gives, beside its outputs. */
export type ImageStepResult = { outputs: JsonObject; built: BuiltImage | null; pushed: { image: string; digest: string } | null }

/** What a package that builds images brings: the export `imageBuilder` of its `image-build/image-builder`. */
export type ImageBuilder = {
  /** Refuses what cannot be built, before anything is done. */
  check(order: ImageOrder): void
  /** Builds the image, and pushes it unless told otherwise. */
  build(order: ImageOrder, place: ImagePlace): Promise<BuiltImage>
  /** One step of a file, with the inputs and outputs that it has at a genuine client. */
  runStep(
    step: ImageStep,
    inputs: JsonObject,
    place: ImagePlace & { folder: string; entrypoint: string | null },
  ): Promise<ImageStepResult>
}

export type ImageStep = 'build' | 'push'

/** The steps of a file that are about images. Genuine clients know the first names. */
export const IMAGE_STEPS: Readonly<Record<string, ImageStep>> = {
  'prefect_docker.deployments.steps.build_docker_image': 'build',
  'prefect_docker.deployments.steps.push_docker_image': 'push',
  'aedile.steps.build_docker_image': 'build',
  'aedile.steps.push_docker_image': 'push',
}

/** The label of a deployment, and so of its runs, that holds the digest of its image. */
export const IMAGE_DIGEST_LABEL = 'aedile.io/image-digest'
