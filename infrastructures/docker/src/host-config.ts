import type { JsonObject, JsonValue } from '@aedile/core/json'
import { isJsonObject } from '@aedile/core/json'
import { isTruthy, pythonStr } from '@aedile/core/python-text'
import { parseBytes } from './bytes.ts'
import { refuse, toDeviceRequest, toPortBindings, toUlimit } from './nested-settings.ts'

/** Turns one setting of docker-py into a value of the Engine's HostConfig. */
type Convert = (value: JsonValue, name: string) => JsonValue
/** Field of HostConfig; whether null only, or all that is empty, counts as not set; how it is converted. */
type Rule = [field: string, unset: 'null' | 'empty', convert?: Convert]

const integer: Convert = (value, name) => {
  if (typeof value === 'boolean' || Number.isInteger(value)) return value
  throw refuse(name, 'an integer', value)
}
const list: Convert = (value, name) => (Array.isArray(value) ? value : wrong(name, 'a list', value))
const mapping: Convert = (value, name) => (isJsonObject(value) ? value : wrong(name, 'a mapping', value))
const text: Convert = (value, name) => (typeof value === 'string' ? value : wrong(name, 'text', value))
const onlyHost: Convert = (value, name) => (value === 'host' ? value : wrong(name, '"host"', value))
const bytes: Convert = (value, name) => {
  if (typeof value === 'number') return value
  const parsed = typeof value === 'string' ? parseBytes(value) : null
  return parsed ?? wrong(name, 'a size such as 512m, with the unit b, k, m or g or none', value)
}

/** All settings of docker-py that go into HostConfig, as its version 7 puts them there. */
const RULES: Record<string, Rule> = {
  mem_limit: ['Memory', 'null', bytes],
  memswap_limit: ['MemorySwap', 'null', bytes],
  mem_reservation: ['MemoryReservation', 'empty', bytes],
  kernel_memory: ['KernelMemory', 'empty', bytes],
  mem_swappiness: ['MemorySwappiness', 'null', integer],
  shm_size: ['ShmSize', 'null', (value, name) => (typeof value === 'string' ? bytes(value, name) : value)],
  pid_mode: ['PidMode', 'empty'],
  ipc_mode: ['IpcMode', 'empty'],
  privileged: ['Privileged', 'empty'],
  oom_kill_disable: ['OomKillDisable', 'empty'],
  oom_score_adj: ['OomScoreAdj', 'empty', integer],
  publish_all_ports: ['PublishAllPorts', 'empty'],
  read_only: ['ReadonlyRootfs', 'null'],
  dns_search: ['DnsSearch', 'empty'],
  restart_policy: ['RestartPolicy', 'empty', mapping],
  cap_add: ['CapAdd', 'empty'],
  cap_drop: ['CapDrop', 'empty'],
  devices: ['Devices', 'empty', (value, name) => (list(value, name) as JsonValue[]).map(toDevice)],
  group_add: ['GroupAdd', 'empty', (value, name) => (list(value, name) as JsonValue[]).map(pythonStr)],
  dns: ['Dns', 'null'],
  dns_opt: ['DnsOptions', 'null'],
  security_opt: ['SecurityOpt', 'null', list],
  sysctls: ['Sysctls', 'empty', (value, name) => mapValues(mapping(value, name) as JsonObject, pythonStr)],
  volumes_from: ['VolumesFrom', 'null', (value) => (typeof value === 'string' ? value.split(',') : value)],
  volumes: ['Binds', 'empty'],
  ports: ['PortBindings', 'empty', (value, name) => toPortBindings(mapping(value, name) as JsonObject, name)],
  extra_hosts: ['ExtraHosts', 'null', (value) => (isJsonObject(value) ? toHostLines(value) : value)],
  links: ['Links', 'null', toLinks],
  lxc_conf: ['LxcConf', 'null', (value) => (isJsonObject(value) ? toKeyValues(value) : value)],
  cgroup_parent: ['CgroupParent', 'null'],
  ulimits: ['Ulimits', 'null', (value, name) => (list(value, name) as JsonValue[]).map((one) => toUlimit(one, name))],
  log_config: ['LogConfig', 'null', (value, name) => toLogConfig(mapping(value, name) as JsonObject)],
  cpu_quota: ['CpuQuota', 'empty', integer],
  cpu_period: ['CpuPeriod', 'empty', integer],
  cpu_shares: ['CpuShares', 'empty', integer],
  cpuset_cpus: ['CpusetCpus', 'empty'],
  cpuset_mems: ['CpusetMems', 'empty', text],
  cpu_rt_period: ['CPURealtimePeriod', 'empty', integer],
  cpu_rt_runtime: ['CPURealtimeRuntime', 'empty', integer],
  blkio_weight: ['BlkioWeight', 'empty', integer],
  blkio_weight_device: ['BlkioWeightDevice', 'empty', list],
  device_read_bps: ['BlkioDeviceReadBps', 'empty', list],
  device_write_bps: ['BlkioDeviceWriteBps', 'empty', list],
  device_read_iops: ['BlkioDeviceReadIOps', 'empty', list],
  device_write_iops: ['BlkioDeviceWriteIOps', 'empty', list],
  tmpfs: ['Tmpfs', 'empty', (value, name) => (Array.isArray(value) ? toTmpfs(value) : mapping(value, name))],
  userns_mode: ['UsernsMode', 'empty', onlyHost],
  uts_mode: ['UTSMode', 'empty', onlyHost],
  pids_limit: ['PidsLimit', 'empty', integer],
  isolation: ['Isolation', 'empty', text],
  storage_opt: ['StorageOpt', 'null'],
  init: ['Init', 'null'],
  volume_driver: ['VolumeDriver', 'null'],
  cpu_count: ['CpuCount', 'empty', integer],
  cpu_percent: ['CpuPercent', 'empty', integer],
  nano_cpus: ['NanoCpus', 'empty', integer],
  runtime: ['Runtime', 'empty'],
  mounts: ['Mounts', 'null'],
  device_cgroup_rules: ['DeviceCgroupRules', 'null', list],
  device_requests: [
    'DeviceRequests',
    'null',
    (value, name) => (list(value, name) as JsonValue[]).map((one) => toDeviceRequest(one, name)),
  ],
  cgroupns: ['CgroupnsMode', 'empty'],
}

/** The settings that `buildHostConfig` reads, each with its field. */
export const HOST_SETTINGS: ReadonlyMap<string, string> = new Map(Object.entries(RULES).map(([name, [field]]) => [name, field]))

/**
 * The Engine's HostConfig from settings under docker-py's names.
 * @throws AedileError `template_invalid` with a JSON pointer.
 */
export function buildHostConfig(settings: JsonObject, networkMode: string | null): JsonObject {
  if (networkMode === 'host' && isTruthy(settings.ports ?? null))
    throw refuse('ports', 'none, as the network is the host', settings.ports)
  const config: JsonObject = { NetworkMode: networkMode || 'default' }
  for (const [name, [field, unset, convert]] of Object.entries(RULES)) {
    const value = settings[name] ?? null
    if (value === null || (unset === 'empty' && !isTruthy(value))) continue
    config[field] = convert ? convert(value, name) : value
  }
  return config
}

function wrong(name: string, expected: string, value: JsonValue): never {
  throw refuse(name, expected, value)
}

function toDevice(device: JsonValue): JsonValue {
  if (isJsonObject(device)) return device
  if (typeof device !== 'string') throw refuse('devices', 'texts or mappings', device)
  const [host = '', container = host, permissions = 'rwm'] = device.split(':')
  return { PathOnHost: host, PathInContainer: container, CgroupPermissions: permissions }
}

function toHostLines(hosts: JsonObject): string[] {
  return Object.keys(hosts)
    .sort()
    .map((host) => `${host}:${pythonStr(hosts[host]!)}`)
}

function toLinks(value: JsonValue, name: string): JsonValue {
  const pairs = isJsonObject(value) ? Object.entries(value) : value
  if (!Array.isArray(pairs)) return isTruthy(value) ? wrong(name, 'a mapping', value) : []
  return pairs
    .map((pair) => {
      if (!Array.isArray(pair) || pair.length !== 2) throw refuse(name, 'pairs of container and alias', pair)
      const [container, alias] = pair as [JsonValue, JsonValue]
      return isTruthy(alias) ? `${pythonStr(container)}:${pythonStr(alias)}` : container
    })
    .sort()
}

function toKeyValues(values: JsonObject): JsonValue {
  return Object.entries(values).map(([Key, value]) => ({ Key, Value: pythonStr(value) }))
}

function toLogConfig({ type, Type, config, Config }: JsonObject): JsonValue {
  return { Type: type ?? Type ?? null, Config: isTruthy(config ?? Config ?? null) ? (config ?? Config)! : {} }
}

function toTmpfs(mounts: JsonValue[]): JsonValue {
  return Object.fromEntries(
    mounts.map((mount) => {
      if (typeof mount !== 'string') throw refuse('tmpfs', 'texts', mount)
      const colon = mount.indexOf(':')
      return colon < 0 ? [mount, ''] : [mount.slice(0, colon), mount.slice(colon + 1)]
    }),
  )
}

function mapValues(values: JsonObject, convert: (value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, convert(value)]))
}
