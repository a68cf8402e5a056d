import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { AedileError } from '@aedile/core/errors'
import type { ImagePlace, ImageStep, ImageStepResult } from '@aedile/core/image-builder'
import type { JsonObject } from '@aedile/core/json'
import { readGivenCredentials } from '../registry-auth/credentials.ts'
import { type DockerfileSource, describeContext } from './build-context.ts'
import { buildImage } from './build-image.ts'
import { toEngineOptions } from './build-options.ts'
import type { ImageEngine } from './image-engine.ts'
import { nameImage } from './image-name.ts'
import { MADE_IGNORE, makeDockerfile, readLanguage } from './make-dockerfile.ts'
import { checkLogin, pushImage } from './push-image.ts'

/** Where a step is run. */
export type StepPlace = ImagePlace & { folder: string; entrypoint: string | null; version: string }

/** Runs a build or push step of a file. Inputs and outputs are those of the genuine steps; a push also gives the digest. */
export function runImageStep(
  engine: ImageEngine,
  step: ImageStep,
  inputs: JsonObject,
  place: StepPlace,
): Promise<ImageStepResult> {
  return step === 'build' ? runBuildStep(engine, inputs, place) : runPushStep(engine, inputs, place)
}

async function runBuildStep(engine: ImageEngine, inputs: JsonObject, place: StepPlace): Promise<ImageStepResult> {
  const { image_name, dockerfile, tag, additional_tags, persist_dockerfile, dockerfile_output_path, ...others } = inputs
  const { ignore_cache: _, build_backend: backend, path, ...options } = others
  checkBackend(backend)
  const named = nameOf({ image_name, tag }, place)
  const additionalTags = readTags(additional_tags)
  const folder = resolve(place.folder, typeof path === 'string' ? path : '.')
  const made = dockerfile === 'auto' ? makeFor(folder, place) : null
  if (made && persist_dockerfile === true) {
    const file =
      typeof dockerfile_output_path === 'string' && dockerfile_output_path ? dockerfile_output_path : 'Dockerfile.generated'
    writeFileSync(resolve(folder, file), made.text)
    place.tell(`The Dockerfile that was made is kept in ${file}.`)
  }
  const source: DockerfileSource = made
    ? { text: made.text, ignore: MADE_IGNORE }
    : { path: typeof dockerfile === 'string' && dockerfile ? dockerfile : 'Dockerfile' }
  const sources = { given: null, environment: place.environment, signal: place.signal }
  const engineOptions = toEngineOptions({ pull: true, ...options })
  const context = describeContext(folder, source)
  const id = await buildImage(engine, context, engineOptions, { image: named.image, tell: place.tell, sources })
  for (const one of [named.tag, ...additionalTags]) await engine.tag(id, named.name, one)
  const directory = made?.directory ?? (await engine.inspect(id)).workingDirectory
  const { name, image } = named
  return {
    outputs: { image_name: name, tag: named.tag, image, image_id: id, additional_tags: additionalTags },
    built: { image, id, digest: null, directory },
    pushed: null,
  }
}

function makeFor(folder: string, { entrypoint, version }: StepPlace) {
  return makeDockerfile({ folder, language: readLanguage(folder, entrypoint), baseImage: null, version })
}

async function runPushStep(engine: ImageEngine, inputs: JsonObject, place: StepPlace): Promise<ImageStepResult> {
  const { image_name, tag, credentials, additional_tags, build_backend: backend } = inputs
  checkBackend(backend)
  // Without a tag the engine would push all that the name ever had here.
  const { name, tag: chosen, image } = nameOf({ image_name, tag: tag ?? 'latest' }, place)
  const additionalTags = readTags(additional_tags)
  const given = readGivenCredentials(credentials)
  const sources = { given, environment: place.environment, signal: place.signal }
  if (given) await checkLogin(engine, image, sources)
  const digest = await pushImage(engine, { name, tag: chosen }, { tell: place.tell, sources })
  for (const one of additionalTags) await pushImage(engine, { name, tag: one }, { tell: place.tell, sources })
  return {
    outputs: { image_name: name, tag: tag === undefined ? null : chosen, image, additional_tags: additionalTags, digest },
    built: null,
    pushed: { image, digest },
  }
}

function nameOf({ image_name: given, tag }: { image_name?: unknown; tag?: unknown }, { environment }: StepPlace) {
  if (typeof given !== 'string' || given === '') {
    throw new AedileError('image_option_invalid', { why: 'the step needs an image_name.' })
  }
  const namespace = environment.PREFECT_DEFAULT_DOCKER_BUILD_NAMESPACE
  return nameImage(given, tag === null || tag === undefined ? undefined : String(tag), { namespace })
}

function readTags(given: unknown): string[] {
  if (given === null || given === undefined || given === '') return []
  if (Array.isArray(given)) return given.map(String)
  throw new AedileError('image_option_invalid', { why: 'additional_tags is a list.' })
}

function checkBackend(backend: unknown): void {
  if (backend === undefined || backend === null || backend === 'docker-py') return
  const why =
    backend === 'buildx'
      ? 'build_backend buildx is not in this version. Leave it out, or run `docker buildx build --push` in a shell step.'
      : `build_backend is docker-py or buildx, found ${JSON.stringify(backend)}.`
  throw new AedileError('image_option_invalid', { why })
}
