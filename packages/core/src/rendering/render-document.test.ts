import { describe, expect, test } from 'vitest'
import { AedileError } from '../errors.ts'
import type { Job } from '../infrastructure-definition.ts'
import type { TemplateValue } from '../python-text.ts'
import type { RenderResult } from './render-answer.ts'
import { renderDocument, renderText } from './render-document.ts'
import { shedDefinition } from './testing/shed-definition.ts'

const findDefinition = async (type: string) => {
  if (type !== 'shed') throw new AedileError('infrastructure_type_unknown', { type, known: 'shed' })
  return shedDefinition
}

const flow_run = { id: 'run-1', name: 'crazy-cat' }
const minimal = { type: 'shed', base_job_template: 'default', flow_run }
const render = (document: TemplateValue) => renderDocument(document, findDefinition)
const rendered = async (document: TemplateValue): Promise<RenderResult> => {
  const answer = await render(document)
  if ('error' in answer) throw new Error(answer.error.message)
  if (answer.request === null) throw new Error(answer.request_error.message)
  return answer
}

describe('a render document', () => {
  test('needs no more than a type, a template and a run with id and name', async () => {
    const { configuration, facts, warnings } = await rendered(minimal)
    expect(configuration).toMatchObject({ name: 'crazy-cat', command: 'prefect flow-run execute', image: 'shed:1' })
    expect(Object.keys(configuration.labels)).toEqual([
      'prefect.io/flow-run-id',
      'prefect.io/flow-run-name',
      'prefect.io/version',
    ])
    expect(configuration.env).toEqual({ PREFECT__FLOW_RUN_ID: 'run-1' })
    expect({ facts, warnings }).toEqual({ facts: { values: shedDefinition.assumedFacts, assumed: true }, warnings: [] })
  })

  test('may say null for everything that is not there, a nameless worker too', async () => {
    const nothing = { flow: null, deployment: null, work_pool: null, blocks: null, variables: null, facts: null }
    const empty = { ...minimal, ...nothing, worker: { name: null, id: null, settings: null, process_environment: null } }
    expect(await rendered({ ...empty, flow_run: { ...flow_run, job_variables: null } })).toEqual(await rendered(minimal))
  })

  test('keeps the text of numbers where Python prints them', async () => {
    const text = `{"type": "shed", "base_job_template": "default", "worker": {"settings": {"PREFECT_A": 1.0, "PREFECT_B": true}},
      "flow_run": {"id": "1", "name": "cat", "parameters": {"x": 1e3},
      "job_variables": {"name": "x is {{ ctx.flow_run.parameters.x }}", "env": {"F": 2.50}}}}`
    const answer = (await renderText(text, findDefinition)) as RenderResult
    expect(answer.configuration).toMatchObject({ name: 'x is 1000.0', env: { PREFECT_A: '1.0', PREFECT_B: 'True', F: '2.5' } })
  })

  test('brings its own blocks, variables and facts', async () => {
    const job_variables = { command: '{{ prefect.variables.shell }} {{ prefect.blocks.string.s }}' }
    const answer = await rendered({
      ...minimal,
      flow_run: { ...flow_run, job_variables },
      blocks: [{ type: 'string', name: 's', data: { value: 'x.sh' } }],
      variables: { shell: 'sh' },
      facts: { version: '9' },
    })
    expect(answer).toMatchObject({ request: { command: 'sh x.sh', version: '9' }, facts: { assumed: false } })
    // A document says all itself: what is secret in it is its author's to mask.
    expect(answer.origins?.request['/command']?.layer).toBe('flow-run')
  })

  test('warns of keys that nothing reads, with the nearest that is known', async () => {
    const { warnings } = await rendered({
      ...minimal,
      flowrun: {},
      worker: { nane: 'w' },
      blocks: [{ type: 'a', name: 'b', date: {} }],
    })
    expect(warnings).toMatchObject([
      { kind: 'unknown-key', pointer: '/flowrun', message: expect.stringContaining('Did you mean flow_run?') },
      { kind: 'unknown-key', pointer: '/worker/nane', message: expect.stringContaining('Did you mean name?') },
      { kind: 'unknown-key', pointer: '/blocks/0/date', message: expect.stringContaining('Did you mean data?') },
    ])
  })
})

describe('what is wrong is answered as data, with its place', () => {
  test.each<[string, TemplateValue, string, string[]]>([
    ['no mapping', [1], 'render_input_invalid', ['/']],
    ['no run', { ...minimal, flow_run: null }, 'render_input_invalid', ['/flow_run']],
    ['a run without id', { ...minimal, flow_run: { name: 'x' } }, 'render_input_invalid', ['/flow_run/id']],
    [
      'job variables that are a list',
      { ...minimal, flow_run: { ...flow_run, job_variables: [] } },
      'render_input_invalid',
      ['/flow_run/job_variables'],
    ],
    ['a deployment that is text', { ...minimal, deployment: 'x' }, 'render_input_invalid', ['/deployment']],
    [
      'an entrypoint that is a number',
      { ...minimal, deployment: { entrypoint: 1 } },
      'render_input_invalid',
      ['/deployment/entrypoint'],
    ],
    ['a worker whose name is a number', { ...minimal, worker: { name: 1 } }, 'render_input_invalid', ['/worker/name']],
    [
      'a setting that is a list',
      { ...minimal, worker: { settings: { 'PREFECT_A/B': [] } } },
      'render_input_invalid',
      ['/worker/settings/PREFECT_A~1B'],
    ],
    ['a block without type', { ...minimal, blocks: [{ name: 'a' }] }, 'render_input_invalid', ['/blocks/0/type']],
    ['no template', { type: 'shed', flow_run }, 'render_input_invalid', ['/base_job_template']],
    ['an unknown type', { ...minimal, type: 'barn' }, 'infrastructure_type_unknown', ['/type']],
    [
      'a template without variables',
      { ...minimal, base_job_template: { job_configuration: {} } },
      'template_invalid',
      ['/variables'],
    ],
    ['an extended template that the type has not', { ...minimal, base_job_template: 'extended' }, 'template_invalid', ['/']],
    [
      'a block that is not there',
      { ...minimal, flow_run: { ...flow_run, job_variables: { image: '{{ prefect.blocks.a.b }}' } } },
      'template_block_not_found',
      ['/image'],
    ],
    [
      'an env that is no mapping',
      { ...minimal, flow_run: { ...flow_run, job_variables: { env: 'A=1' } } },
      'template_invalid',
      ['/env'],
    ],
  ])('%s', async (_, document, code, pointers) => {
    expect(await render(document)).toEqual({ error: { code, pointers, message: expect.any(String) } })
  })

  test('what is no JSON, and what is nested without end', async () => {
    expect(await renderText('{"type":', findDefinition)).toMatchObject({
      error: { code: 'render_input_invalid', pointers: ['/'] },
    })
    const deep = `{"type": "shed", "x": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`
    expect(await renderText(deep, findDefinition)).toMatchObject({ error: { code: 'render_input_invalid' } })
  })

  test('a fault of ours is thrown', async () => {
    await expect(renderDocument(minimal, () => Promise.reject(new TypeError('bug')))).rejects.toThrow('bug')
  })
})

test('rendering leaves its document as it was', async () => {
  const document = {
    ...minimal,
    flow_run: { ...flow_run, job_variables: { env: { A: null, B: 1 } } },
    worker: { settings: { X: 'y' } },
  }
  const before = structuredClone(document)
  await rendered(document)
  expect(document).toEqual(before)
})

test('a job that no request can be made for is shown as far as it goes, with the reason', async () => {
  const definition = {
    ...shedDefinition,
    request: () => {
      throw new AedileError('template_invalid', { pointer: '/image', why: 'no shed can take it' })
    },
  }
  const answer = await renderDocument(minimal, async () => definition)
  expect(answer).toMatchObject({
    configuration: { image: 'shed:1' },
    request: null,
    request_error: { code: 'template_invalid', pointers: ['/image'] },
  })
})

test('a field of job_configuration that the type does not know is dropped, and said', async () => {
  const { defaultBaseJobTemplate } = shedDefinition
  const job_configuration = { ...defaultBaseJobTemplate.job_configuration, imgae: '{{ image }}' }
  const definition = {
    ...shedDefinition,
    prepare: (...given: Parameters<typeof shedDefinition.prepare>) => {
      const { imgae: _, ...job } = shedDefinition.prepare(...given)
      return job as Job
    },
  }
  const answer = await renderDocument(
    { ...minimal, base_job_template: { ...defaultBaseJobTemplate, job_configuration } },
    async () => definition,
  )
  expect(answer).toMatchObject({
    warnings: [{ kind: 'unknown-field', pointer: '/imgae', message: expect.stringContaining('Did you mean image?') }],
  })
})
