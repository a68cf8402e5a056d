import { AedileError } from '@aedile/core/errors'
import type { JsonObject, JsonValue } from '@aedile/core/json'
import { isJsonObject } from '@aedile/core/json'
import { findNearest } from '@aedile/core/nearest'
import { isTruthy, pythonStr } from '@aedile/core/python-text'
import { splitShellWords } from '@aedile/core/shell-words'
import { joinPointer } from '@aedile/core/templates/placeholders'
import { buildHostConfig, HOST_SETTINGS } from './host-config.ts'
import { refuse, toHealthcheck } from './nested-settings.ts'
import { mountPoint } from './volumes.ts'

/** Settings under docker-py's names that go to the top of the body, each with its field; null where there is none of its own. */
export const TOP_SETTINGS: ReadonlyMap<string, string | null> = new Map([
  ['detach', null],
  ['domainname', 'Domainname'],
  ['entrypoint', 'Entrypoint'],
  ['healthcheck', 'Healthcheck'],
  ['hostname', 'Hostname'],
  ['mac_address', 'MacAddress'],
  ['network_disabled', 'NetworkDisabled'],
  ['networking_config', null],
  // Goes into the query.
  ['platform', null],
  ['stdin_open', 'OpenStdin'],
  ['stop_signal', 'StopSignal'],
  ['tty', 'Tty'],
  // A file of the client's; read by docker-py alone.
  ['use_config_proxy', null],
  ['user', 'User'],
  ['working_dir', 'WorkingDir'],
])

/** What every container has, whatever else its job sets. */
export type ContainerSettings = {
  image: string
  command: string
  env: Record<string, string>
  labels: Record<string, string>
  network: string | null
  networkMode: string | null
  /** Under docker-py's names: the fields of the job that go into HostConfig, and the user's own settings. */
  settings: JsonObject
}

/**
 * The body of `POST /containers/create` that docker-py sends for these settings.
 * @throws AedileError `template_invalid` for a setting that docker-py does not know or cannot take.
 */
export function buildCreateBody({ image, command, env, labels, network, networkMode, settings }: ContainerSettings): JsonObject {
  refuseUnknown(settings)
  const get = (name: string): JsonValue => settings[name] ?? null
  const engineFields = Object.entries(settings).filter(([name]) => isEngineField(name))
  const hostConfig = { ...buildHostConfig(settings, network ?? networkMode), ...Object.fromEntries(engineFields) }
  const isAttached = !isTruthy(get('detach'))
  const isOpen = isTruthy(get('stdin_open'))
  const body: JsonObject = {
    Hostname: get('hostname'),
    Domainname: get('domainname'),
    ExposedPorts: exposedPorts(hostConfig),
    User: get('user') === null ? null : pythonStr(get('user')),
    Tty: orFalse(settings.tty),
    OpenStdin: orFalse(settings.stdin_open),
    StdinOnce: isAttached && isOpen,
    AttachStdin: isAttached && isOpen,
    AttachStdout: isAttached,
    AttachStderr: isAttached,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Cmd: splitShellWords(command),
    Image: image,
    Volumes: mountPoints(get('volumes')),
    NetworkDisabled: orFalse(settings.network_disabled),
    Entrypoint: toWords(get('entrypoint')),
    WorkingDir: get('working_dir'),
    HostConfig: hostConfig,
    NetworkingConfig: network ? networkingConfig(network, get('networking_config')) : null,
    MacAddress: get('mac_address'),
    Labels: labels,
    StopSignal: get('stop_signal'),
    Healthcheck: toHealthcheck(get('healthcheck')),
  }
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null))
}

/** Only what is missing is false: null is left out of the body. */
function orFalse(value: JsonValue | undefined): JsonValue {
  return value === undefined ? false : value
}

/** The Engine's own names begin in upper case; docker-py has none such. They go into HostConfig as they are. */
function isEngineField(name: string): boolean {
  return /^[A-Z]/.test(name)
}

function refuseUnknown(settings: JsonObject): void {
  const known = [...TOP_SETTINGS.keys(), ...HOST_SETTINGS.keys()]
  for (const name of Object.keys(settings)) {
    if (known.includes(name) || isEngineField(name)) continue
    const nearest = findNearest(name, known)
    const why = `docker-py creates no container with ${JSON.stringify(name)}${nearest ? `; did you mean ${nearest}?` : ''}`
    throw new AedileError('template_invalid', { pointer: joinPointer('/container_create_kwargs', name), why })
  }
}

function exposedPorts({ PortBindings: bindings }: JsonObject): JsonValue {
  if (!isJsonObject(bindings) || Object.keys(bindings).length === 0) return null
  const ports = Object.keys(bindings).sort()
  return Object.fromEntries(ports.map((port) => [port, {}]))
}

function mountPoints(volumes: JsonValue): JsonValue {
  if (!Array.isArray(volumes) || volumes.length === 0) return null
  return Object.fromEntries(volumes.map((volume) => [mountPoint(String(volume)), {}]))
}

function toWords(value: JsonValue): JsonValue {
  return typeof value === 'string' ? splitShellWords(value) : value
}

/** Endpoint settings count only when they name the network; otherwise docker-py names it in a form that the Engine skips. */
function networkingConfig(network: string, given: JsonValue): JsonValue {
  if (isTruthy(given) && !isJsonObject(given)) throw refuse('networking_config', 'a mapping', given)
  if (isJsonObject(given) && Object.hasOwn(given, network)) return { EndpointsConfig: given }
  return { [network]: null }
}
