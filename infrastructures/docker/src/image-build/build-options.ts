import { AedileError } from '@aedile/core/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import { findNearest } from '@aedile/core/nearest'

/** What docker-py calls an option of a build, and what the engine calls it. */
const ENGINE_NAMES: Readonly<Record<string, string>> = {
  quiet: 'q',
  nocache: 'nocache',
  rm: 'rm',
  pull: 'pull',
  forcerm: 'forcerm',
  buildargs: 'buildargs',
  shmsize: 'shmsize',
  labels: 'labels',
  cache_from: 'cachefrom',
  target: 'target',
  network_mode: 'networkmode',
  squash: 'squash',
  extra_hosts: 'extrahosts',
  platform: 'platform',
  isolation: 'isolation',
}
const LIMITS: Readonly<Record<string, string>> = {
  memory: 'memory',
  memswap: 'memswap',
  cpushares: 'cpushares',
  cpusetcpus: 'cpusetcpus',
}
/** What is about docker-py itself, or about nothing: taken and left out. */
const WITHOUT_MEANING = new Set(['decode', 'gzip', 'encoding', 'timeout', 'use_config_proxy'])

/**
 * The options of a build step as the engine takes them.
 * @throws AedileError `image_option_invalid` for one that a build does not have.
 */
export function toEngineOptions(given: JsonObject): JsonObject {
  const options: JsonObject = {}
  for (const [name, value] of Object.entries(given)) {
    if (WITHOUT_MEANING.has(name) || value === null) continue
    const engineName = ENGINE_NAMES[name]
    if (name === 'container_limits' && isJsonObject(value)) Object.assign(options, toLimits(value))
    else if (engineName === undefined) throw unknown(name)
    else options[engineName] = toEngineValue(name, value)
  }
  return options
}

function toEngineValue(name: string, value: JsonValue): JsonValue {
  // The engine refuses arguments that are no text.
  if (name === 'buildargs' && isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, one === null ? null : String(one)]))
  }
  if (name === 'extra_hosts' && isJsonObject(value)) {
    return Object.entries(value)
      .map(([host, address]) => `${host}:${String(address)}`)
      .join(',')
  }
  return value
}

function toLimits(limits: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(limits).map(([name, value]) => {
      if (LIMITS[name] === undefined) throw unknown(`container_limits.${name}`)
      return [LIMITS[name], value]
    }),
  )
}

function unknown(name: string): AedileError {
  const known = [...Object.keys(ENGINE_NAMES), 'container_limits']
  const nearest = findNearest(name, known)
  const why = `a build has no option ${name}. ${nearest ? `Did you mean ${nearest}?` : `It has: ${known.join(', ')}`}`
  return new AedileError('image_option_invalid', { why })
}
