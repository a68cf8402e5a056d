import { isJsonObject, type JsonObject, type JsonValue } from '@aedile/core/json'
import type { BuildTrace } from '@aedile/core/rendering/build-trace'
import { joinPointer } from '@aedile/core/templates/placeholders'
import { TOP_SETTINGS } from './create-body.ts'
import { HOST_SETTINGS } from './host-config.ts'
import type { DockerJob } from './job.ts'
import { ATTEMPT_LABEL, QUIET_LABEL, REMOVE_LABEL, SERVER_LABEL } from './labels.ts'
import { ENTRY_FIELDS } from './nested-settings.ts'
import { mountPoint } from './volumes.ts'

type Traced = { job: DockerJob; settings: JsonObject; env: string[]; added: readonly string[]; create: JsonObject }

const KWARGS = '/container_create_kwargs'
const HOST = '/create/HostConfig'

/** Tells where the parts of a request come from. What is not told of was added by the type. */
export function traceRequest(trace: BuildTrace, { job, settings, env, added, create }: Traced): void {
  tracePull(trace)
  trace.copied('/create/Image', '/image')
  trace.copied('/create/Cmd', '/command')
  for (const [index, name] of env.entries()) {
    if (added.includes(name)) trace.added(`/create/Env/${index}`, 'attempt', '/key')
    else trace.copied(`/create/Env/${index}`, joinPointer('/env', name))
  }
  trace.copied('/create/Labels', '/labels')
  trace.added(joinPointer('/create/Labels', ATTEMPT_LABEL), 'attempt', '/key')
  trace.added(joinPointer('/create/Labels', SERVER_LABEL), 'attempt', '/server')
  trace.copied(joinPointer('/create/Labels', REMOVE_LABEL), '/auto_remove')
  trace.copied(joinPointer('/create/Labels', QUIET_LABEL), '/stream_output')
  trace.copied(`${HOST}/Memory`, '/mem_limit')
  trace.copied(`${HOST}/MemorySwap`, '/memswap_limit')
  trace.copied(`${HOST}/Privileged`, '/privileged')
  for (const [index, volume] of job.volumes.entries()) {
    trace.copied(`${HOST}/Binds/${index}`, `/volumes/${index}`)
    trace.copied(joinPointer('/create/Volumes', mountPoint(volume)), `/volumes/${index}`)
  }
  traceNetworks(trace, job)
  for (const [name, value] of Object.entries(settings)) traceSetting(trace, name, value)
  traceHosts(trace, settings.extra_hosts ?? null, (create.HostConfig as JsonObject).ExtraHosts ?? null)
  trace.copied('/remove', '/auto_remove')
  trace.copied('/streamOutput', '/stream_output')
}

function tracePull(trace: BuildTrace): void {
  trace.copied('/pull/fromImage', '/image')
  trace.copied('/pull/tag', '/image')
  for (const field of ['policy', 'when', 'orLocal']) trace.copied(`/pull/${field}`, '/image_pull_policy')
  trace.copied('/pull/login/registry', '/registry_credentials/registry_url')
  trace.copied('/pull/login/reauth', '/registry_credentials/reauth')
  trace.copied('/pull/login/authorization', '/registry_credentials/password')
}

function traceNetworks(trace: BuildTrace, { networks, network_mode }: DockerJob): void {
  for (const [index] of networks.slice(1).entries()) trace.copied(`/networks/${index}`, `/networks/${index + 1}`)
  if (networks.length > 0) {
    trace.copied(`${HOST}/NetworkMode`, '/networks/0')
    trace.copied('/create/NetworkingConfig', '/networks/0')
  } else if (network_mode) trace.copied(`${HOST}/NetworkMode`, '/network_mode')
}

function traceSetting(trace: BuildTrace, name: string, value: JsonValue): void {
  const from = joinPointer(KWARGS, name)
  const top = TOP_SETTINGS.get(name)
  if (top) trace.copied(`/create/${top}`, from)
  else if (name === 'platform') trace.copied('/platform', from)
  else trace.copied(`${HOST}/${HOST_SETTINGS.get(name) ?? name}`, from)
  if (value === null || (name !== 'ulimits' && name !== 'device_requests')) return
  for (const [index, entry] of (value as JsonObject[]).entries()) {
    for (const key of Object.keys(entry)) {
      const to = `${HOST}/${HOST_SETTINGS.get(name)}/${index}/${ENTRY_FIELDS[key] ?? key}`
      trace.copied(to, joinPointer(`${from}/${index}`, key))
    }
  }
}

/** The user's hosts are merged with ours and sorted, so each line is looked for. */
function traceHosts(trace: BuildTrace, given: JsonValue, lines: JsonValue): void {
  if (!Array.isArray(lines)) return
  const entries = Array.isArray(given)
    ? given.map((line): string => String(line).split(':')[0]!)
    : Object.keys(isJsonObject(given) ? given : {})
  for (const [index, line] of lines.entries()) {
    const host = String(line).split(':')[0]!
    const at = entries.lastIndexOf(host)
    const to = `${HOST}/ExtraHosts/${index}`
    if (at < 0) trace.added(to, 'type', '/extra_hosts')
    else trace.copied(to, joinPointer(`${KWARGS}/extra_hosts`, Array.isArray(given) ? String(at) : host))
  }
}
