import type { AedileError } from '@aedile/core/errors'
import type { JsonObject, JsonValue } from '@aedile/core/json'
import { isJsonObject } from '@aedile/core/json'
import { isTruthy, pythonStr } from '@aedile/core/python-text'
import { illTyped } from '@aedile/core/templates/field-values'
import { joinPointer } from '@aedile/core/templates/placeholders'

const FIELDS = ['mem_limit', 'memswap_limit', 'privileged', 'volumes']

/** The refusal of a setting, with the pointer of the field or of the entry in `container_create_kwargs`. */
export function refuse(name: string, expected: string, value: JsonValue | undefined): AedileError {
  return illTyped(joinPointer(FIELDS.includes(name) ? '' : '/container_create_kwargs', name), expected, value)
}

/** docker-py's names of entries in a limit and in a request for devices, with the Engine's. */
export const ENTRY_FIELDS: Record<string, string> = {
  name: 'Name',
  soft: 'Soft',
  hard: 'Hard',
  driver: 'Driver',
  count: 'Count',
  device_ids: 'DeviceIDs',
  capabilities: 'Capabilities',
  options: 'Options',
}

/** Reads an entry in either spelling: docker-py's or the Engine's. */
function pick(given: JsonObject, own: string, engine: string): JsonValue {
  return own in given ? given[own]! : (given[engine] ?? null)
}

/** A limit as docker-py makes it. */
export function toUlimit(value: JsonValue, setting: string): JsonValue {
  if (!isJsonObject(value)) throw refuse(setting, 'mappings with name, soft and hard', value)
  const limit = { Name: pick(value, 'name', 'Name'), Soft: pick(value, 'soft', 'Soft'), Hard: pick(value, 'hard', 'Hard') }
  if (typeof limit.Name !== 'string') throw refuse(setting, 'a name for each limit', value)
  for (const bound of [limit.Soft, limit.Hard]) {
    if (isTruthy(bound) && !Number.isInteger(bound) && bound !== true) throw refuse(setting, 'integers for soft and hard', value)
  }
  return limit
}

/** A request for devices as docker-py makes it. */
export function toDeviceRequest(value: JsonValue, setting: string): JsonValue {
  if (!isJsonObject(value)) throw refuse(setting, 'mappings', value)
  const request = {
    Driver: pick(value, 'driver', 'Driver') ?? '',
    Count: pick(value, 'count', 'Count') ?? 0,
    DeviceIDs: pick(value, 'device_ids', 'DeviceIDs') ?? [],
    Capabilities: pick(value, 'capabilities', 'Capabilities') ?? [],
    Options: pick(value, 'options', 'Options') ?? {},
  }
  if (typeof request.Driver !== 'string') throw refuse(setting, 'text for driver', value)
  if (!Number.isInteger(request.Count) && typeof request.Count !== 'boolean') throw refuse(setting, 'an integer for count', value)
  if (!Array.isArray(request.DeviceIDs)) throw refuse(setting, 'a list for device_ids', value)
  if (!Array.isArray(request.Capabilities)) throw refuse(setting, 'a list for capabilities', value)
  if (!isJsonObject(request.Options)) throw refuse(setting, 'a mapping for options', value)
  return request
}

/** Bindings of ports, each with its protocol. */
export function toPortBindings(ports: JsonObject, setting: string): JsonObject {
  const bindings = Object.entries(ports).map(([port, bound]): [string, JsonValue] => [
    port.includes('/') ? port : `${port}/tcp`,
    (Array.isArray(bound) ? bound : [bound]).map((one) => toPortBinding(one, setting)),
  ])
  return Object.fromEntries(bindings)
}

function toPortBinding(bound: JsonValue, setting: string): JsonValue {
  if (!isJsonObject(bound)) return { HostIp: '', HostPort: bound === null ? '' : pythonStr(bound) }
  if (!('HostPort' in bound)) throw refuse(setting, 'HostPort in each mapping', bound)
  const { HostIp = '', HostPort = null } = bound
  return { HostIp, HostPort: HostPort === null ? '' : pythonStr(HostPort) }
}

/** A health check as docker-py makes it: a text is a command for the shell. */
export function toHealthcheck(value: JsonValue): JsonValue {
  if (!isJsonObject(value) || Object.keys(value).length === 0) return value
  const test = pick(value, 'test', 'Test')
  return {
    Test: typeof test === 'string' ? ['CMD-SHELL', test] : test,
    Interval: pick(value, 'interval', 'Interval'),
    Timeout: pick(value, 'timeout', 'Timeout'),
    Retries: pick(value, 'retries', 'Retries'),
    StartPeriod: pick(value, 'start_period', 'StartPeriod'),
  }
}
