import type { JsonObject } from '@aedile/core/json'
import { loadBlock } from '@aedile/worker/classes/block'
import type { Infrastructure } from '@aedile/worker/classes/infrastructure'
import type { ScriptSources } from '@aedile/worker/classes/script-settings'
import type { CliContext } from '../cli-context.ts'
import { findInfrastructureClass } from '../compose/block-classes.ts'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { type FieldOptions, readFields, toAttributes } from './read-fields.ts'

/** The options of `aedile infrastructure run` and `preview` that describe the infrastructure. */
export type InfrastructureOptions = FieldOptions & {
  block?: string
  image?: string
  name?: string
  env?: string[]
  label?: string[]
  volume?: string[]
  network?: string[]
}

/** The infrastructure that the options describe: the saved block when one is named, and what they set over it. */
export async function buildInfrastructure(
  context: CliContext,
  slug: string,
  options: InfrastructureOptions,
  command: string[],
): Promise<Infrastructure> {
  const type = await findInfrastructureClass(context, slug)
  const given = await toAttributes(context, type, { ...readFields(options), ...fieldsOf(options, command) })
  if (options.block === undefined) return type.fromAttributes(given)
  const saved = await loadBlock(type, options.block, { client: context.client })
  const env = { ...saved.env, ...(given.env as object | undefined) }
  const labels = { ...saved.labels, ...(given.labels as object | undefined) }
  return type.fromAttributes({ ...saved, ...given, env, labels })
}

/** The settings that the infrastructure hands down: those of the profile in use, and the API that was named. */
export function readScriptSources({ sources }: CliContext, apiUrl: string | undefined): ScriptSources {
  return apiUrl === undefined ? sources : { ...sources, environment: { ...sources.environment, AEDILE_API_URL: apiUrl } }
}

function fieldsOf({ image, name, env, label, volume, network }: InfrastructureOptions, command: string[]): JsonObject {
  return {
    ...(image === undefined ? {} : { image }),
    ...(name === undefined ? {} : { name }),
    ...(env ? { env: readPairs('--env', env) } : {}),
    ...(label ? { labels: readPairs('--label', label) } : {}),
    ...(volume ? { volumes: volume } : {}),
    ...(network ? { networks: network } : {}),
    ...(command.length > 0 ? { command } : {}),
  }
}

/** Values stay text, whatever they look like. */
function readPairs(option: string, pairs: string[]): JsonObject {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at <= 0) throw new CliFailure(`${option} takes NAME=VALUE, found ${JSON.stringify(pair)}.`, EXIT_CODES.usage.code)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}
