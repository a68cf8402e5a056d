import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AedileError } from '@aedile/core/errors'
import type { JsonObject } from '@aedile/core/json'
import { PREFECT_VERSION } from '@aedile/core/templates/prepare'
import { isUnanswered } from '../engine-error.ts'
import { type CredentialSources, findCredentials, toAuthDocument } from '../registry-auth/credentials.ts'
import { readReference, toServerAddress } from '../registry-auth/reference.ts'
import { type BuildContext, packContext } from './build-context.ts'
import type { ImageEngine } from './image-engine.ts'
import { followProgress } from './progress.ts'
import { retryTransient } from './retry.ts'
import { withSilenceLimit } from './silence-limit.ts'

/** Marks an image that was built for flows, as a genuine client does. */
const LABELS = { 'io.prefect.version': PREFECT_VERSION }
/** So many lines of a failed build are part of its error. */
const LAST_LINES = 20

/** What a build may take. */
export type BuildIo = { tell: (line: string) => void; sources: CredentialSources }

/**
 * Builds an image and returns its id. `options` are those of the engine's `POST /build`.
 * @throws AedileError `image_build_failed` with the last lines of the build.
 */
export async function buildImage(
  engine: ImageEngine,
  context: BuildContext,
  options: JsonObject,
  { image, tell, sources }: BuildIo & { image: string },
): Promise<string> {
  const { signal } = sources
  const registries = await findBaseCredentials(context, sources)
  const labels = { ...(options.labels as JsonObject | undefined), ...LABELS }
  const query = { rm: true, forcerm: true, ...options, labels, dockerfile: context.dockerfile }
  const last: string[] = []
  const note = (line: string) => {
    if (line.trim() !== '') last.push(line)
    if (last.length > LAST_LINES) last.shift()
    tell(line)
  }
  try {
    const build = () =>
      withSilenceLimit(signal, async (limit) => {
        last.length = 0
        const stream = await engine.build(await packContext(context), query, registries, limit.signal)
        return await followProgress(stream, note, () => limit.heard())
      })
    const aux = await retryTransient(build, { tell, signal })
    if (typeof aux.ID === 'string') return aux.ID
    throw new Error('the engine gave no id of it')
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (isUnanswered(error)) throw new AedileError('infrastructure_unreachable', { what: error.message }, { cause: error })
    const why = (error as Error).message.trim()
    const lines = last.filter((line) => line.trim() !== why)
    const output = lines.length > 0 ? `\nIts last lines:\n${lines.map((line) => `  ${line.trimEnd()}`).join('\n')}` : ''
    throw new AedileError(
      'image_build_failed',
      { image, why: `${why.replace(/\.$/, '')}.${adviseOn(why)}`, output },
      { cause: error },
    )
  }
}

function adviseOn(why: string): string {
  if (/denied|unauthorized/i.test(why)) {
    return ' The base image may need a login (`docker login REGISTRY`), or its name may be wrong.'
  }
  if (/--mount|--chmod|heredoc|buildkit/i.test(why))
    return ' What needs BuildKit is not built here: build with docker buildx in a shell step.'
  return ''
}

/** Credentials for the registries that base images come from. */
async function findBaseCredentials(context: BuildContext, sources: CredentialSources): Promise<JsonObject> {
  const found: JsonObject = {}
  for (const registry of readBaseRegistries(readDockerfile(context))) {
    const credentials = await findCredentials(registry, sources)
    if (credentials) found[toServerAddress(registry)] = toAuthDocument(credentials, registry)
  }
  return found
}

/** The registries of the images that a Dockerfile names. A name with a variable is not known before the build. */
export function readBaseRegistries(dockerfile: string): string[] {
  const froms = [...dockerfile.matchAll(/^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/gim)]
  const copies = [...dockerfile.matchAll(/^\s*COPY\s.*--from=(\S+)/gim)]
  const stages = new Set(['scratch', ...froms.flatMap((match) => match[2] ?? [])])
  const names = [...froms, ...copies].map((match) => match[1]!).filter((name) => !stages.has(name) && !/^\d+$/.test(name))
  return [...new Set(names.flatMap((name) => readReference(name)?.registry ?? []))]
}

function readDockerfile({ folder, dockerfile, extra }: BuildContext): string {
  return extra.find(({ name }) => name === dockerfile)?.text ?? readFileSync(join(folder, dockerfile), 'utf8')
}
