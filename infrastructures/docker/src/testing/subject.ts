import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Handle } from '@aedile/core/infrastructure-definition'
import type { JsonObject, JsonValue } from '@aedile/core/json'
import { joinShellWords } from '@aedile/core/shell-words'
import type { Subject, SubjectTarget } from '@aedile/worker/testing/exercise-infrastructure'
import type { EngineApi } from '../api.ts'
import { inspectOrNull } from '../containers.ts'
import { dockerDefinition } from '../definition.ts'
import { dockerDriver } from '../driver.ts'
import type { DockerRequest } from '../request.ts'
import { openTestEngine, TEST_IMAGE, testEngine } from './engine.ts'

/** One directory for what tests and containers share, at the same path for both. */
const scratch = join(tmpdir(), `aedile-docker-${process.pid}`)

/** The job of a script in the test image. In the host's process table, so that tests see the pids that it writes down. */
export function testJob(script: string, variables: Record<string, string> = {}, more: JsonObject = {}) {
  return {
    name: null,
    command: joinShellWords(['sh', '-c', script]),
    env: { PATH: '/bin', ...variables },
    labels: {},
    image: TEST_IMAGE,
    auto_remove: true,
    network_mode: 'none',
    volumes: [`${scratch}:${scratch}`],
    container_create_kwargs: { pid_mode: 'host' },
    ...more,
  }
}

/** The Docker type, as the conformance suite tries it. */
export const dockerSubject: Subject = {
  name: 'docker',
  definition: dockerDefinition,
  driver: dockerDriver,
  setUp,
  job: testJob,
  secondProcess: fileURLToPath(new URL('./second-process.ts', import.meta.url)),
  signals: 'exit-code',
  largeBytes: 8 * 1024 * 1024,
  names: 'numbered',
  bytes: 'text',
  startMilliseconds: 500,
}

async function setUp(): Promise<SubjectTarget> {
  mkdirSync(scratch, { recursive: true })
  const folder = await mkdtemp(join(scratch, 'stage-'))
  const api = await openTestEngine()
  const foreign: string[] = []
  return {
    target: { host: testEngine },
    credentials: {},
    scratch: folder,
    isAlive,
    inspect: (handle, request) => inspect(api, handle, request),
    makeForeign: async (name) => {
      const { Id } = await api.createContainer({ name }, { Image: TEST_IMAGE, Cmd: ['true'] })
      foreign.push(Id)
      return { isThere: async () => (await inspectOrNull(api, Id)) !== null }
    },
    tearDown: async () => {
      for (const id of foreign) await api.removeContainer(id)
      for (const { Name } of await api.listVolumes({ label: ['io.aedile.closed'] })) await api.removeVolume(Name)
      api.close()
      await rm(folder, { recursive: true, force: true })
      // With the last of them.
      await rmdir(scratch).catch(() => {})
    },
  }
}

/** True while a process lives; one that only waits to be collected is dead. */
function isAlive(pid: number): boolean {
  const path = `/proc/${pid}/stat`
  return existsSync(path) && !/\) [ZX] /.test(readFileSync(path, 'latin1'))
}

async function inspect(api: EngineApi, handle: Handle, given: JsonValue): Promise<{ seen: JsonValue; requested: JsonValue }> {
  const { create } = given as unknown as DockerRequest
  const found = (await api.inspectContainer(String(handle.native.containerId))) as unknown as {
    Config: JsonObject
    HostConfig: JsonObject
  }
  const pick = (config: JsonObject, names: string[]) => Object.fromEntries(names.map((name) => [name, config[name] ?? null]))
  const requestedHost = create.HostConfig as JsonObject
  const config = ['Env', 'Cmd', 'Image', 'Tty', 'OpenStdin']
  const labels = Object.keys(create.Labels as JsonObject)
  return {
    seen: {
      ...pick(found.Config, config),
      Labels: pick(found.Config.Labels as JsonObject, labels),
      HostConfig: pick(found.HostConfig, Object.keys(requestedHost)),
    },
    requested: { ...pick(create, config), Labels: create.Labels!, HostConfig: requestedHost },
  }
}
