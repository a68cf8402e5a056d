import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Writes a whole infrastructure, as somebody else would publish it: plain JavaScript that imports nothing of ours. It runs
 * a command in a folder of its own, with its output and its exit code in files.
 */
export async function writeTinyInfrastructure(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify(PACKAGE))
  await writeFile(join(folder, 'definition.js'), DEFINITION)
  await writeFile(join(folder, 'driver.js'), DRIVER)
}

const PACKAGE = {
  name: 'tiny-infrastructure',
  version: '1.0.0',
  type: 'module',
  exports: { './*': './*.js' },
  aedile: { types: ['tiny'] },
}

const DEFINITION = `
const variables = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'tiny' },
    command: { type: 'string' },
    env: { type: 'object', additionalProperties: { type: 'string' } },
    labels: { type: 'object' },
    greeting: { type: 'string', default: 'hello', title: 'Greeting' },
  },
}
export const definitions = [{
  type: 'tiny',
  displayName: 'Tiny',
  description: 'Runs a command and greets.',
  documentationUrl: 'https://example.invalid/tiny',
  logoUrl: 'https://example.invalid/tiny.png',
  variables,
  defaultBaseJobTemplate: {
    job_configuration: {
      name: '{{ name }}', command: '{{ command }}', env: '{{ env }}', labels: '{{ labels }}', greeting: '{{ greeting }} from tiny',
    },
    variables,
  },
  prepare: (job, context) => ({ ...job, env: { ...job.env, RUN: context.flowRun?.id ?? '' } }),
  request: (job, facts, attempt) => ({ name: attempt.key, command: job.command, env: { ...job.env, GREETING: job.greeting } }),
  handle: (request, facts, attempt) => ({
    type: 'tiny', target: facts.id, name: request.name, attempt: attempt.key, server: attempt.server,
    flowRunId: attempt.flowRunId, keep: false, graceSeconds: 1, native: {},
  }),
  infrastructurePid: (handle) => handle.native.pid ? 'tiny:' + handle.native.pid : null,
}]
`

const DRIVER = `
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const read = (path) => (existsSync(path) ? readFileSync(path) : null)

export const drivers = [{
  type: 'tiny',
  async connect({ stateDirectory }) {
    mkdirSync(stateDirectory, { recursive: true })
    const folderOf = (handle) => join(stateDirectory, handle.name)
    return {
      facts: async () => ({ id: 'tiny:' + stateDirectory }),
      async start(request, handle, { sink }) {
        const folder = folderOf(handle)
        try {
          mkdirSync(folder)
        } catch {
          return JSON.parse(read(join(folder, 'handle')))
        }
        const script = 'sh -c "$COMMAND" > output 2>&1; echo $? > status.new; mv status.new status'
        const env = { PATH: process.env.PATH, ...request.env, COMMAND: request.command }
        const child = spawn('/bin/sh', ['-c', script], { cwd: folder, env, detached: true, stdio: 'ignore' })
        child.unref()
        const started = { ...handle, native: { pid: child.pid } }
        writeFileSync(join(folder, 'handle'), JSON.stringify(started))
        sink.handle(started)
        return started
      },
      async observe(handle, { sink, signal, after }) {
        const folder = folderOf(handle)
        const end = { signal: null, reason: null, advice: null, lastLines: [] }
        if (!existsSync(folder)) return { ...end, kind: 'not-found', exitCode: null, reason: 'There is no such folder.' }
        while (!existsSync(join(folder, 'status'))) await sleep(20, undefined, { signal })
        const output = read(join(folder, 'output')).subarray(Number(after ?? 0))
        if (output.length > 0) sink.output('stdout', output, String(output.length + Number(after ?? 0)))
        const exitCode = Number(read(join(folder, 'status')))
        return { ...end, kind: exitCode === 0 ? 'completed' : 'failed', exitCode, reason: exitCode ? 'Tiny ended with ' + exitCode + '.' : null }
      },
      async stop(handle) {
        process.kill(-handle.native.pid, 'SIGKILL')
      },
      async remove(handle) {
        rmSync(folderOf(handle), { recursive: true, force: true })
      },
      async *list(owner) {
        for (const name of readdirSync(stateDirectory)) {
          const handle = JSON.parse(read(join(stateDirectory, name, 'handle')) ?? 'null')
          if (handle?.server === owner) yield handle
        }
      },
      close: async () => {},
    }
  },
}]
`
