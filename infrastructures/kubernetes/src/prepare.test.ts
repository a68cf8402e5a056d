import { isAedileError } from '@aedile/core/errors'
import type { RunContext } from '@aedile/core/infrastructure-definition'
import type { JsonObject, JsonValue } from '@aedile/core/json'
import { compileTemplate } from '@aedile/core/templates/compile'
import { resolveJob } from '@aedile/core/templates/resolve-job'
import { describe, expect, it } from 'vitest'
import { kubernetesDefinition } from './definition.ts'
import { at, context, render, renderManifest, withAt } from './testing/render.ts'

const { defaultBaseJobTemplate } = kubernetesDefinition
const MANIFEST = '/job_configuration/job_manifest'
const CONTAINER = '/spec/template/spec/containers/0'
const withManifest = (pointer: string, value: Parameters<typeof withAt>[2]) =>
  withAt(defaultBaseJobTemplate, MANIFEST + pointer, value)
const pointersOf = async (rendering: Promise<unknown>): Promise<unknown> => {
  const error = await rendering.then(
    () => null,
    (reason: unknown) => reason,
  )
  return isAedileError(error, 'template_invalid') ? (error.details.pointers ?? [error.details.pointer]) : error
}

describe('a manifest', () => {
  it.each<[pointer: string, value: JsonValue | undefined, row: string]>([
    ['/apiVersion', 'v1', 'row 108'],
    ['/kind', 'Pod', 'row 109'],
    ['/spec/template/spec/parallelism', 2, 'row 114'],
    ['/spec/template/spec/completions', undefined, 'row 115'],
    ['/spec/template/spec/restartPolicy', 'OnFailure', 'row 116'],
    ['/spec/template/spec/containers/0/name', 'main', 'row 118'],
  ])('with a wrong %s is refused at its place (%j, %s)', async (pointer, value, _row) => {
    expect(await pointersOf(render({}, { template: withManifest(pointer, value) }))).toEqual([`/job_manifest${pointer}`])
  })

  it('is told all that is wrong in one error (row 151)', async () => {
    const template = withAt(withManifest('/spec/template/spec/restartPolicy', 'Always'), `${MANIFEST}/kind`, undefined)
    const rendering = render({}, { template })
    await expect(rendering).rejects.toThrow('/kind is missing, /spec/template/spec/restartPolicy must be "Never"')
    expect(await pointersOf(render({}, { template }))).toEqual([
      '/job_manifest/kind',
      '/job_manifest/spec/template/spec/restartPolicy',
    ])
  })

  it('without metadata gets it (row 145)', async () => {
    const manifest = await renderManifest({ namespace: 'team' }, { template: withManifest('/metadata', undefined) })
    expect(manifest.metadata).toMatchObject({ namespace: 'team', generateName: 'crazy-cat-', annotations: {} })
  })

  it('that is very deep is refused like any other', async () => {
    let deep: JsonValue = 1
    for (let level = 0; level < 500; level += 1) deep = { deep }
    const template = withAt(withManifest('/spec/deep', deep), `${MANIFEST}/kind`, undefined)
    expect(await pointersOf(render({}, { template }))).toEqual(['/job_manifest/kind'])
  })

  it('keeps what this type does not know', async () => {
    const template = withManifest('/spec/template/spec/futureField', { a: [null, { b: 1.5 }] })
    expect(at(await renderManifest({}, { template }), '/spec/template/spec/futureField')).toEqual({ a: [null, { b: 1.5 }] })
  })
})

describe('preparation', () => {
  it('brings namespace, service account, image, pull policy and TTL into the Job (rows 111, 113, 117, 120, 121, 123, 144)', async () => {
    const before = await renderManifest()
    expect(at(before, '/metadata/namespace')).toBe('default')
    expect(at(before, '/spec')).not.toHaveProperty('ttlSecondsAfterFinished')
    expect(at(before, '/spec/template/spec')).not.toHaveProperty('serviceAccountName')
    expect(at(before, CONTAINER)).toMatchObject({ image: 'prefecthq/prefect:3.8.8-python3.11', imagePullPolicy: 'IfNotPresent' })
    const given = { namespace: 'n', service_account_name: 's', image: 'i', image_pull_policy: 'Always', finished_job_ttl: 9 }
    const after = await renderManifest(given)
    expect(at(after, '/metadata/namespace')).toBe('n')
    expect(at(after, '/spec/ttlSecondsAfterFinished')).toBe(9)
    expect(at(after, '/spec/template/spec/serviceAccountName')).toBe('s')
    expect(at(after, CONTAINER)).toMatchObject({ image: 'i', imagePullPolicy: 'Always' })
  })

  it('puts slugged labels on Job and pod (rows 110, 143)', async () => {
    const manifest = await renderManifest({ labels: { 'my team/Ünit 1': 'über alles' } })
    expect(at(manifest, '/metadata/labels')).toMatchObject({
      'my-team/Unit-1': 'uber-alles',
      'prefect.io/flow-run-name': 'crazy-cat',
    })
    expect(at(manifest, '/spec/template/metadata/labels')).toEqual(at(manifest, '/metadata/labels'))
  })

  it("makes the Job's name of the run's, and ends it with a dash (rows 112, 140)", async () => {
    const generateName = async (variables: JsonObject) => at(await renderManifest(variables), '/metadata/generateName')
    expect(await generateName({})).toBe('crazy-cat-')
    expect(await generateName({ name: 'nightly' })).toBe('nightly-')
    expect(await generateName({ name: '{{ ctx.flow.name }} of {{ ctx.flow_run.name }}' })).toBe('my-flow-of-crazy-cat-')
  })

  it('gives the container args, not a command (rows 122, 141)', async () => {
    const container = at(await renderManifest({ command: "sh -c 'echo a b'" }), CONTAINER)
    expect(container).toMatchObject({ args: ['sh', '-c', 'echo a b'] })
    expect(container).not.toHaveProperty('command')
    expect(at(await renderManifest(), `${CONTAINER}/args`)).toEqual(['prefect', 'flow-run', 'execute'])
  })

  it('runs our engine for an entrypoint in TypeScript', async () => {
    const deployment = { id: 'd', name: 'd', entrypoint: 'flows/a.ts:a' } as never
    const manifest = await renderManifest({}, { context: { deployment } })
    expect(at(manifest, `${CONTAINER}/args`)).toEqual(['aedile-execute'])
  })

  it('turns a mapping of variables into a list, and takes a list (rows 119, 142)', async () => {
    const reference = { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }
    expect(at(await renderManifest({ env: { A: '1' } }), `${CONTAINER}/env`)).toContainEqual({ name: 'A', value: '1' })
    const env = at(await renderManifest({ env: [{ name: 'A', value: '1' }, reference] }), `${CONTAINER}/env`)
    expect(env).toEqual(
      expect.arrayContaining([{ name: 'A', value: '1' }, reference, { name: 'PREFECT_API_KEY', value: 'pnu_key' }]),
    )
  })

  it('of a cluster config reads YAML, and never shows it in an error (row 146)', async () => {
    const { configuration } = await render({ cluster_config: { config: 'users: [{token: t}]', context_name: 'c' } })
    expect(configuration.cluster_config).toMatchObject({ config: { users: [{ token: 't' }] }, context_name: 'c' })
    expect(kubernetesDefinition.secretPointers!(configuration)).toEqual(['/cluster_config/config'])
    const broken = render({ cluster_config: { config: '{ token: s3cret', context_name: 'c' } })
    await expect(broken).rejects.toThrow('/cluster_config/config')
    await expect(broken).rejects.not.toThrow('s3cret')
    const listed: JsonObject[] = [
      { cluster_config: '{token: s3cret}' },
      { cluster_config: { config: '[s3cret]', context_name: 'c' } },
    ]
    for (const variables of [...listed, { env: ['TOKEN=s3cret'] }]) {
      await expect(render(variables)).rejects.toThrow(/expected .*, found (text|a list)/)
      await expect(render(variables)).rejects.not.toThrow('s3cret')
    }
  })

  it('leaves the given job as it was: each run has its own (row 139)', async () => {
    const layers = { flowRun: { env: { A: '1' }, labels: { a: 'b' }, annotations: { c: 'd' } } }
    const { value } = await resolveJob(compileTemplate(defaultBaseJobTemplate), layers)
    const before = JSON.stringify(value)
    kubernetesDefinition.prepare(value, context)
    expect(JSON.stringify(value)).toBe(before)
  })

  it('gives watching its own fields, with their defaults (rows 147-149)', async () => {
    const defaults = { job_watch_timeout_seconds: null, pod_watch_timeout_seconds: 60, stream_output: true }
    expect((await render()).configuration).toMatchObject(defaults)
    const given = { job_watch_timeout_seconds: '90', pod_watch_timeout_seconds: 5.0, stream_output: 'off' }
    const read = { job_watch_timeout_seconds: 90, pod_watch_timeout_seconds: 5, stream_output: false }
    expect((await render(given)).configuration).toMatchObject(read)
  })

  it('makes of a run what a manifest needs, and labels of all that is known of it (rows 150, 152)', async () => {
    const labelsOf = async (more: Partial<RunContext>) => Object.keys((await render({}, { context: more })).configuration.labels)
    const standard = ['managed-by', 'part-of', 'version', 'name'].map((name) => `app.kubernetes.io/${name}`)
    expect(await labelsOf({ flow: null })).toEqual(expect.arrayContaining(standard.slice(0, 3)))
    expect(await labelsOf({ flow: null })).not.toContain('app.kubernetes.io/name')
    expect(await labelsOf({})).toEqual(expect.arrayContaining([...standard, 'prefect.io/flow-name']))
    const deployment = { id: 'd', name: 'prod/eu west', entrypoint: 'a.py:a' } as never
    const { configuration } = await render({}, { context: { deployment } })
    expect(configuration.labels).toMatchObject({
      'app.kubernetes.io/name': 'prod-eu-west',
      'prefect.io/deployment-name': 'prod/eu west',
    })
  })

  it("of a script's single command adds no run to the Job", () => {
    const job = { name: 'Once', command: null, env: { A: '1', B: null }, labels: {}, job_manifest: minimalManifest() }
    const { job_manifest, env } = kubernetesDefinition.prepare(job, { command: true })
    expect(env).toEqual({ A: '1' })
    expect(job_manifest).toMatchObject({ metadata: { labels: {}, generateName: 'once-' } })
    expect(at(job_manifest, CONTAINER)).toMatchObject({ env: [{ name: 'A', value: '1' }], args: ['true'] })
  })

  it('is told apart from the template: each part of the Job has its origin', async () => {
    const manifest = '/job_manifest'
    const env: JsonValue = [
      { name: 'A', value: '1' },
      { name: 'T', valueFrom: { fieldRef: { fieldPath: 'p' } } },
    ]
    const { configuration, origins } = await render(
      { env, labels: { team: 'a b' } },
      { deployment: { image: 'i', command: 'x y' } },
    )
    const originAt = (pointer: string) => origins.configuration.get(manifest + pointer)
    const entries = at(configuration.job_manifest, `${CONTAINER}/env`) as JsonObject[]
    const entry = (name: string) => `${CONTAINER}/env/${entries.findIndex((one) => one.name === name)}`
    expect(originAt(`${entry('A')}/value`)).toMatchObject({ layer: 'flow-run', path: '/env/0/value' })
    expect(originAt(`${entry('T')}/valueFrom/fieldRef/fieldPath`)).toMatchObject({
      layer: 'flow-run',
      path: '/env/1/valueFrom/fieldRef/fieldPath',
    })
    expect(originAt(`${entry('PREFECT_API_KEY')}/value`)).toEqual({ layer: 'worker', path: '/settings/PREFECT_API_KEY' })
    expect(originAt(`${entry('PREFECT__FLOW_RUN_ID')}/value`)).toEqual({ layer: 'run', path: '/flow_run/id' })
    expect(originAt(`${entry('PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR')}/value`)).toMatchObject({ layer: 'type' })
    expect(originAt('/metadata/labels/team')).toMatchObject({ layer: 'flow-run', path: '/labels/team' })
    expect(originAt('/spec/template/metadata/labels/team')).toMatchObject({ layer: 'flow-run', path: '/labels/team' })
    expect(originAt('/metadata/labels/prefect.io~1flow-run-name')).toEqual({ layer: 'run', path: '/flow_run/name' })
    expect(originAt('/metadata/generateName')).toEqual({ layer: 'run', path: '/flow_run/name' })
    expect(originAt(`${CONTAINER}/image`)).toMatchObject({ layer: 'deployment', path: '/image' })
    expect(originAt(`${CONTAINER}/args/1`)).toMatchObject({ layer: 'deployment', path: '/command' })
    expect(originAt('/spec/template/spec/restartPolicy')).toMatchObject({ layer: 'template' })
  })
})

function minimalManifest(): JsonObject {
  const podSpec = { parallelism: 1, completions: 1, restartPolicy: 'Never', containers: [{ name: 'prefect-job', args: 'true' }] }
  return { apiVersion: 'batch/v1', kind: 'Job', spec: { template: { spec: podSpec } } }
}
