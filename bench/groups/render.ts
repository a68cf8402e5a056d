import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { RunContext } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { type Rendering, renderJob } from '@aedile/core/rendering/render-job'
import { compileTemplate } from '@aedile/core/templates/compile'
import { resolveJobValue } from '@aedile/core/templates/resolve-job'
import { kubernetesDefinition } from '@aedile/kubernetes/definition'
import type { Result } from '../figures.ts'
import type { Product } from '../products/product.ts'
import type { Group, Scale } from './group.ts'
import { DOCUMENT } from './render-document.ts'

const WITHOUT = 'a Kubernetes job from its template, twenty variables'
const NOTED = 'the same with origins and warnings, origins not read'
const READ = 'the same with the origin of every field read'
const PER_SECOND = 'such jobs a second and core'

/** Resolution, preparation and request of one job, as a worker does it for every run: with nothing but the processor. */
export const render: Group = {
  name: 'render',
  title: 'Rendering a job',
  databases: ['sqlite'],
  async measure(stage, scale, tell) {
    // Rendering is nothing but Aedile's own work.
    if (stage.product.name === 'limit') return []
    if (stage.product.name === 'aedile') return measureOurs(scale, tell)
    return measureGenuine(stage.product, stage.createFolder(), scale, tell)
  },
}

async function measureOurs(scale: Scale, tell: (text: string) => void): Promise<Result[]> {
  const seconds = scale.loadSeconds
  // In turns, so that what changes on the machine meanwhile does not fall on one side alone.
  const ways = [renderValue, renderWithOrigins, readOrigins].map((work) => ({ work, samples: [] as number[] }))
  for (const { work } of ways) await timeEach(work, 1)
  for (let turn = 0; turn < 4; turn++) {
    for (const { work, samples } of ways) {
      for (const sample of await timeEach(work, seconds / 12)) samples.push(sample)
    }
  }
  const [plain, noted, read] = ways.map(({ samples }) => samples) as [number[], number[], number[]]
  const times = (samples: number[]) => median(samples) / median(plain)
  const say = (samples: number[]) => `${(median(samples) * 1000).toFixed(1)} µs (${times(samples).toFixed(2)} times)`
  tell(`${(median(plain) * 1000).toFixed(1)} µs, with origins ${say(noted)}, all of them read ${say(read)}`)
  return [
    ...resultsOf(plain),
    { what: NOTED, figure: { kind: 'times', show: 'quantiles', samples: noted } },
    { what: 'with origins not read, times as long', figure: { kind: 'amount', unit: 'x', samples: [times(noted)] } },
    { what: READ, figure: { kind: 'times', show: 'quantiles', samples: read } },
    { what: 'with every origin read, times as long', figure: { kind: 'amount', unit: 'x', samples: [times(read)] } },
  ]
}

function resultsOf(samples: number[]): Result[] {
  const seconds = samples.reduce((sum, sample) => sum + sample, 0) / 1000
  return [
    { what: WITHOUT, figure: { kind: 'times', show: 'quantiles', samples } },
    { what: PER_SECOND, figure: { kind: 'rate', unit: 'jobs', count: samples.length, seconds } },
  ]
}

const { flow_run: flowRun, flow, deployment, work_pool: workPool, worker } = DOCUMENT
const context = {
  flowRun,
  flow,
  deployment,
  workPool,
  worker: { ...worker, processEnvironment: {}, executeCommand: ['aedile-execute'], python: 'python3' },
} as unknown as RunContext
const layers = { deployment: deployment.job_variables as JsonObject, flowRun: flowRun.job_variables as JsonObject }
const compiled = compileTemplate(kubernetesDefinition.defaultBaseJobTemplate)
const facts = { id: 'kubernetes:cluster' }
const attempt = { key: '0191d5a0-0000-7000-8000-000000000009', server: 'server', flowRunId: String(flowRun.id) }
const nothing = async () => null
const lookup = { readBlockDocument: nothing, readBlockDocumentById: nothing, readVariable: nothing }

async function renderValue(): Promise<JsonObject> {
  const found = resolveJobValue(compiled, layers, { lookup, environment: {} })
  const job = kubernetesDefinition.prepare(found instanceof Promise ? await found : found, context)
  return kubernetesDefinition.request(job, facts, attempt)
}

const input = { definition: kubernetesDefinition, template: compiled, layers, context, lookup, environment: {}, facts, attempt }

/** What `aedile render` and the API do, warnings and all; the origins are noted, and found only when they are read. */
const renderWithOrigins = (): Promise<Rendering> => renderJob(input)

/** And reads the origin of each field of configuration and request once. */
async function readOrigins(): Promise<number> {
  const { origins } = await renderJob(input)
  let length = 0
  for (const fields of [origins.configuration, origins.request]) {
    fields.forEach(({ path }, pointer) => {
      length += pointer.length + path.length
    })
  }
  return length
}

/** Milliseconds of each call, for so many seconds. */
async function timeEach(work: () => Promise<unknown>, seconds: number): Promise<number[]> {
  const samples: number[] = []
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    const start = performance.now()
    await work()
    samples.push(performance.now() - start)
  }
  return samples
}

const median = (samples: number[]) => samples.toSorted((a, b) => a - b)[samples.length >> 1] ?? Number.NaN

/** The genuine worker's own code in the Python that its command line belongs to. */
async function measureGenuine(product: Product, folder: string, scale: Scale, tell: (text: string) => void): Promise<Result[]> {
  const { command, env } = product.cli([], { apiUrl: 'http://127.0.0.1:9/api', home: folder })
  const script = fileURLToPath(new URL('render-genuine.py', import.meta.url))
  const child = spawn(join(dirname(command), 'python'), [script, String(scale.loadSeconds / 2)], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 120_000,
  })
  child.stdin.end(JSON.stringify(DOCUMENT))
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (code !== 0) throw new Error(errors.trim().split('\n').at(-1) || `the script ended with ${code}`)
  const samples = JSON.parse(output) as number[]
  tell(`${median(samples).toFixed(2)} ms`)
  return resultsOf(samples)
}
