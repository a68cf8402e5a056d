import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../json.ts'
import { SourceNumber } from '../python-text.ts'
import { compileTemplate, TemplateCache } from './compile.ts'
import type { JobLayers } from './layers.ts'
import { leafPointers } from './origins.ts'
import type { ReferenceLookup } from './references.ts'
import { resolveJob, resolveJobValue } from './resolve-job.ts'

const template = {
  job_configuration: {
    command: '{{ command }}',
    env: { FIXED: 'yes', IMAGE: '{{ image }}' },
    labels: '{{ labels }}',
    name: '{{ name }}',
    image: '{{ image }}',
    text: 'on {{ $HOST }} with {{ image }} and {{ resources.cpu }}',
    limits: { cpu: '{{ resources.cpu }}', gpu: '{{ resources.gpu }}', list: ['{{ typo }}', 1], empty: {} },
    secret: 'Bearer {{ prefect.blocks.secret.token }}',
    settings: '{{ settings }}',
  },
  variables: {
    type: 'object',
    properties: {
      name: { type: 'string', default: null },
      command: { type: 'string' },
      env: { type: 'object', default: { FROM: 'default', BOTH: 'default' } },
      labels: { type: 'object', default: { team: 'default' } },
      image: { type: 'string', default: 'image:1' },
      resources: { type: 'object' },
      settings: { type: 'object' },
      unused: { type: 'string' },
    },
  },
}
const lookup: ReferenceLookup = {
  readBlockDocument: async () => ({ data: { value: 'token' } }),
  readBlockDocumentById: async () => ({ data: { user: 'me', nested: { port: 1 } } }),
  readVariable: async () => null,
}
const resolve = (layers: JobLayers) => resolveJob(compileTemplate(template), layers, { lookup, environment: { HOST: 'h' } })

describe('rendering a job', () => {
  test('every leaf has an origin: the layer and the path its author wrote', async () => {
    const deployment = { 'env.BOTH': 'deployment', resources: { cpu: 2 }, image: 'image:2' }
    const flowRun = { env: { RUN: '1', GONE: null }, image: 'image:3', settings: { $ref: { block_document_id: 'x' } } }
    const { value, origins } = await resolve({ deployment, flowRun })
    expect(leafPointers(value).filter((pointer) => !origins.has(pointer))).toEqual(['/name', '/command'])
    expect(Object.fromEntries(origins)).toMatchObject({
      '/env/FIXED': { layer: 'template', path: '/env/FIXED' },
      '/env/IMAGE': { layer: 'flow-run', path: '/image', through: ['{{ image }}'] },
      '/env/BOTH': { layer: 'deployment', path: '/env.BOTH' },
      '/env/FROM': { layer: 'default', path: '/env/FROM' },
      '/env/RUN': { layer: 'flow-run', path: '/env/RUN' },
      '/labels/team': { layer: 'default', path: '/labels/team', through: ['{{ labels }}'] },
      '/limits/cpu': { layer: 'deployment', path: '/resources/cpu' },
      '/limits/empty': { layer: 'template', path: '/limits/empty' },
      '/text': {
        layer: 'template',
        path: '/text',
        parts: [
          { layer: 'environment', path: '/HOST' },
          { layer: 'flow-run', path: '/image' },
          { layer: 'deployment', path: '/resources/cpu' },
        ],
      },
      '/secret': { layer: 'template', through: ['{{ prefect.blocks.secret.token }}'] },
      '/settings/nested/port': { layer: 'flow-run', path: '/settings', through: ['{{ settings }}', 'block document x'] },
    })
    expect(value).toMatchObject({
      text: 'on h with image:3 and 2',
      secret: 'Bearer token',
      env: { GONE: null, BOTH: 'deployment' },
    })
    expect([...origins.keys()].filter((pointer) => !leafPointers(value).includes(pointer))).toEqual([])
  })

  test('every dropped key says why', async () => {
    const { dropped } = await resolve({ deployment: { resources: { cpu: 1 } } })
    expect(dropped).toEqual([
      { pointer: '/command', placeholder: '{{ command }}', reason: 'unset' },
      { pointer: '/name', placeholder: '{{ name }}', reason: 'null-default' },
      { pointer: '/limits/gpu', placeholder: '{{ resources.gpu }}', reason: 'no-such-path' },
      { pointer: '/limits/list/0', placeholder: '{{ typo }}', reason: 'undeclared' },
      { pointer: '/settings', placeholder: '{{ settings }}', reason: 'unset' },
    ])
  })

  test('what has no effect or the wrong type is a warning with its place', async () => {
    const { warnings } = await resolve({ deployment: { imgae: 'x', unused: 'y' }, flowRun: { image: 7 } })
    expect(warnings).toEqual([
      expect.objectContaining({
        kind: 'unknown-variable',
        layer: 'deployment',
        pointer: '/imgae',
        message: expect.stringContaining('Did you mean image?'),
      }),
      expect.objectContaining({ kind: 'unreferenced-variable', layer: 'deployment', pointer: '/unused' }),
      expect.objectContaining({ kind: 'ill-typed-variable', layer: 'flow-run', pointer: '/image' }),
    ])
  })

  test('the given template and layers stay as they were, and the result shares nothing with them', async () => {
    const layers = { deployment: { 'resources.cpu': 1, resources: { memory: { min: 1 } }, settings: { a: { b: 1 } } } }
    const before = JSON.stringify({ template, layers })
    const { value } = await resolve(layers)
    Object.assign((value.settings as { a: object }).a, { b: 2 })
    expect(JSON.stringify({ template, layers })).toBe(before)
  })

  test('a key named __proto__ is a key', async () => {
    const layers = JSON.parse('{"settings": {"__proto__": {"x": 1}}, "env": {"__proto__": "1"}}')
    const { value } = await resolve({ deployment: layers })
    expect(Object.keys(value.settings as object)).toEqual(['__proto__'])
    expect(Object.keys(value.env)).toContain('__proto__')
    expect(({} as { x?: number }).x).toBeUndefined()
  })
})

describe('what the documentation of work pools promises', () => {
  const annotated = (annotations: JsonObject) => ({
    job_configuration: {
      job_body: { metadata: { annotations: { 'run.googleapis.com/launch-stage': 'BETA', ...annotations } } },
      cpu: '{{ cpu }}',
    },
    variables: { type: 'object', properties: { cpu: { type: 'string', default: '1' }, vpc_connector_name: { type: 'string' } } },
  })
  const annotationsOf = async (pool: object, layers: JobLayers) => {
    const job = await resolveJobValue(compileTemplate(pool), layers)
    return (job.job_body as { metadata: { annotations: JsonObject } }).metadata.annotations
  }
  const custom = annotated({ 'run.googleapis.com/my-custom-annotation': '{{ my_custom_annotation }}' })
  const fixed = annotated({ 'run.googleapis.com/vpc-access-connector': 'my-vpc-connector' })

  test('two deployments of one pool with other variables give other jobs (rows 21, 123)', async () => {
    const compiled = compileTemplate(annotated({}))
    const [one, two] = [{ cpu: '2' }, { cpu: '4' }].map((deployment) => resolveJobValue(compiled, { deployment }))
    expect([(await one!).cpu, (await two!).cpu, (await resolveJobValue(compiled, {})).cpu]).toEqual(['2', '4', '1'])
  })

  test('values are checked against the schema of the variables (rows 22, 124)', async () => {
    const { warnings } = await resolveJob(compileTemplate(annotated({})), { deployment: { cpu: 2 } })
    expect(warnings).toMatchObject([{ kind: 'ill-typed-variable', layer: 'deployment', pointer: '/cpu' }])
  })

  test('editing the template of one pool changes no other (rows 23, 125)', async () => {
    const [mine, yours] = [annotated({}), annotated({})]
    const before = compileTemplate(yours)
    Object.assign(mine.job_configuration, { cpu: '8' })
    expect((await resolveJobValue(compileTemplate(mine), {})).cpu).toBe('8')
    expect((await resolveJobValue(before, {})).cpu).toBe('1')
    expect((await resolveJobValue(compileTemplate(yours), {})).cpu).toBe('1')
  })

  test('a placeholder can be added, its variable need not be declared, and unset its key is absent (rows 24, 26, 27, 28)', async () => {
    expect(await annotationsOf(custom, { deployment: { my_custom_annotation: 'my-custom-value' } })).toEqual({
      'run.googleapis.com/launch-stage': 'BETA',
      'run.googleapis.com/my-custom-annotation': 'my-custom-value',
    })
    expect(await annotationsOf(custom, {})).toEqual({ 'run.googleapis.com/launch-stage': 'BETA' })
  })

  test('a placeholder can be removed: its variable has no effect, and a warning says so (row 25)', async () => {
    const layers = { deployment: { vpc_connector_name: 'mine' } }
    expect(await annotationsOf(annotated({}), layers)).toEqual({ 'run.googleapis.com/launch-stage': 'BETA' })
    const { warnings } = await resolveJob(compileTemplate(annotated({})), layers)
    expect(warnings).toMatchObject([{ kind: 'unreferenced-variable', pointer: '/vpc_connector_name' }])
  })

  test('a field that is fixed in the template stays, whatever a deployment or run says (rows 30, 31, 129)', async () => {
    const over = { vpc_connector_name: 'mine', job_body: { metadata: {} }, 'job_body.metadata.annotations': {} }
    for (const layers of [{ deployment: over }, { flowRun: over }, {}]) {
      expect((await annotationsOf(fixed, layers))['run.googleapis.com/vpc-access-connector']).toBe('my-vpc-connector')
    }
  })
})

test('the example in the README is true', async () => {
  const text = readFileSync(new URL('README.md', import.meta.url), 'utf8')
  const pool = JSON.parse(/```json\n([\s\S]*?)```/.exec(text)![1]!.replace('1.0', '"$1.0"'))
  pool.variables.properties.rate.default = new SourceNumber('1.0')
  const deployment = { image: 'etl:2', 'resources.cpu': 2, env: { A: '1', B: '2' } }
  const reader = { ...lookup, readBlockDocument: async () => ({ data: { value: 's3cret' } }) }
  const { value, origins, dropped } = await resolveJob(
    compileTemplate(pool),
    { deployment, flowRun: { day: 7, env: { B: 3 } } },
    { lookup: reader },
  )
  expect(value).toEqual({
    name: null,
    image: 'etl:2',
    command: 'run --day 7 --rate 1.0',
    limits: { cpu: 2 },
    env: { A: '1', B: '3' },
    labels: {},
    token: 'Bearer s3cret',
  })
  expect(Object.fromEntries(origins)).toMatchObject({
    '/image': { layer: 'deployment', path: '/image' },
    '/command': {
      layer: 'template',
      path: '/command',
      parts: [
        { layer: 'flow-run', path: '/day' },
        { layer: 'default', path: '/rate' },
      ],
    },
    '/limits/cpu': { layer: 'deployment', path: '/resources.cpu' },
    '/env/A': { layer: 'deployment', path: '/env/A' },
    '/env/B': { layer: 'flow-run', path: '/env/B' },
    '/token': { layer: 'template', path: '/token', through: ['{{ prefect.blocks.secret.api }}'] },
  })
  expect(dropped).toEqual([{ pointer: '/limits/gpu', placeholder: '{{ resources.gpu }}', reason: 'no-such-path' }])
})

describe('a job without origins', () => {
  test('is there at once when nothing has to be read, also with a reader at hand', async () => {
    const compiled = compileTemplate({ job_configuration: { x: '{{ a }}', env: '{{ env }}' }, variables: { type: 'object' } })
    const value = resolveJobValue(compiled, { flowRun: { a: 1, 'env.B': true } }, { lookup })
    expect(value).toEqual({ name: null, command: null, env: { B: 'True' }, labels: {}, x: 1 })
  })

  test('reads whatever may become a reference, however it is put together', async () => {
    const read: ReferenceLookup = { ...lookup, readVariable: async (name) => ({ value: `<${name}>` }) }
    const cases: [JsonObject, JsonObject, unknown][] = [
      [{ x: '{{ prefect.variables.v }}' }, {}, '<v>'],
      [{ x: '{{ a }}' }, { a: '{{ prefect.variables.v }}' }, '<v>'],
      [{ x: '{{ a }}{{ b }}' }, { a: '{{ prefect.variables', b: '.v }}' }, '<v>'],
      [{ x: '{{ a }}{{ b }}' }, { a: '{', b: '{ prefect.variables.v }}' }, '<v>'],
      [{ x: '{{ {{ a }} }}' }, { a: 'prefect.variables.v' }, '<v>'],
      [{ x: '{{ $REF }}' }, {}, '<v>'],
      [{ x: '{{ a }}' }, { a: { $ref: { block_document_id: 'id' } } }, { user: 'me', nested: { port: 1 } }],
      [{ x: { $ref: { block_document_id: '{{ a }}' } } }, { a: 'id' }, { user: 'me', nested: { port: 1 } }],
    ]
    for (const [configuration, flowRun, expected] of cases) {
      const compiled = compileTemplate({ job_configuration: configuration, variables: { type: 'object' } })
      const options = { lookup: read, environment: { REF: '{{ prefect.variables.v }}' } }
      expect((await resolveJobValue(compiled, { flowRun }, options)).x, JSON.stringify(configuration)).toEqual(expected)
      expect((await resolveJob(compiled, { flowRun }, options)).value.x).toEqual(expected)
    }
  })
})

describe('compiling a template', () => {
  test('refuses what is no template, with the place', () => {
    const property = { variables: { properties: { a: 1 } }, job_configuration: {} }
    expect(() => compileTemplate({})).toThrow('/job_configuration')
    expect(() => compileTemplate({ job_configuration: {}, variables: [] })).toThrow('/variables')
    expect(() => compileTemplate(property)).toThrow('/variables/properties/a')
    expect(() => compileTemplate('text')).toThrow('not valid')
  })

  test('happens once per version of a pool', () => {
    const cache = new TemplateCache(2)
    const pool = (id: string, updated: string) => ({ id, updated, base_job_template: template })
    const first = cache.of(pool('1', 'a'))
    expect(cache.of(pool('1', 'a'))).toBe(first)
    expect(cache.of(pool('1', 'b'))).not.toBe(first)
    cache.of(pool('2', 'a'))
    expect(cache.of(pool('1', 'a'))).not.toBe(first)
  })
})
