import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { AedileError } from '@aedile/core/errors'
import type { BuiltImage, ImageBuilder, ImageOrder, ImagePlace } from '@aedile/core/image-builder'
import type { JsonObject } from '@aedile/core/json'
import { readGivenCredentials } from '../registry-auth/credentials.ts'
import { type BuildContext, describeContext } from './build-context.ts'
import { buildImage } from './build-image.ts'
import { type ImageEngine, openImageEngine } from './image-engine.ts'
import { nameImage } from './image-name.ts'
import { MADE_IGNORE, makeDockerfile, readLanguage } from './make-dockerfile.ts'
import { checkLogin, pushImage } from './push-image.ts'
import { runImageStep } from './steps.ts'

/** Builds and pushes images with a Docker engine. */
export const imageBuilder: ImageBuilder = {
  check: (order) => {
    nameImage(order.name, order.tag)
    describeOrder(order)
  },
  build: (order, place) => withEngine(place, (engine) => buildAndPush(engine, order, place)),
  runStep: (step, inputs, place) =>
    withEngine(place, (engine) => runImageStep(engine, step, inputs, { ...place, version: readOwnVersion() })),
}

async function withEngine<T>({ environment }: ImagePlace, act: (engine: ImageEngine) => Promise<T>): Promise<T> {
  const engine = await openImageEngine(environment)
  try {
    return await act(engine)
  } finally {
    engine.close()
  }
}

async function buildAndPush(engine: ImageEngine, order: ImageOrder, place: ImagePlace): Promise<BuiltImage> {
  const { environment, tell, signal } = place
  const namespace = environment.PREFECT_DEFAULT_DOCKER_BUILD_NAMESPACE
  const { name, tag, image } = nameImage(order.name, order.tag, { namespace })
  const { context, directory } = describeOrder(order)
  const given = order.credentials === undefined ? null : readGivenCredentials(order.credentials)
  if (order.credentials !== undefined && given === null) {
    throw new AedileError('image_option_invalid', { why: 'credentials need username, password and registry_url.' })
  }
  const sources = { given, environment, signal }
  const isPushed = order.push ?? true
  if (isPushed) await checkLogin(engine, image, sources)
  tell(`Building ${image}`)
  const id = await buildImage(engine, context, toOptions(order), { image, tell, sources })
  const tags = [tag, ...(order.additionalTags ?? [])]
  for (const one of tags) await engine.tag(id, name, one)
  let digest: string | null = null
  for (const one of isPushed ? tags : []) {
    tell(`Pushing ${name}:${one}`)
    digest = await pushImage(engine, { name, tag: one }, { tell, sources })
  }
  return { image, id, digest, directory: directory ?? (await engine.inspect(id)).workingDirectory }
}

/** The Dockerfile that was named, else the folder's own, else a made one. */
function describeOrder(order: ImageOrder): { context: BuildContext; directory: string | null } {
  const { folder, dockerfile, entrypoint, baseImage } = order
  const isMade = dockerfile === 'auto' || (dockerfile === undefined && !existsSync(join(folder, 'Dockerfile')))
  if (!isMade) {
    if (baseImage !== undefined) {
      throw new AedileError('image_option_invalid', {
        why: 'a base image is for a Dockerfile that is made, and there is one here.',
      })
    }
    return { context: describeContext(folder, { path: dockerfile ?? 'Dockerfile' }), directory: null }
  }
  const language = readLanguage(folder, entrypoint)
  const { text, directory } = makeDockerfile({ folder, language, baseImage: baseImage ?? null, version: readOwnVersion() })
  return { context: describeContext(folder, { text, ignore: MADE_IGNORE }), directory }
}

function toOptions({ platform, target, buildArgs, pull, noCache }: ImageOrder): JsonObject {
  return {
    pull: pull ?? true,
    ...(noCache ? { nocache: true } : {}),
    ...(platform === undefined ? {} : { platform }),
    ...(target === undefined ? {} : { target }),
    ...(buildArgs === undefined ? {} : { buildargs: buildArgs }),
  }
}

/** All packages have one version. */
function readOwnVersion(): string {
  return (createRequire(import.meta.url)('../../package.json') as { version: string }).version
}
