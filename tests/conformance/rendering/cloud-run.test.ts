import { readFileSync } from 'node:fs'
import { cloudRunDefinition, cloudRunV2Definition, definitions } from '@aedile/cloud-run/definition'
import { parseJsonKeepingNumbers, type TemplateValue } from '@aedile/core/python-text'
import { renderDocument } from '@aedile/core/rendering/render-document'
import { describe, expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
type Line = {
  id: string
  differs?: string
  document: TemplateValue
  configuration?: { name: string }
  request?: { name: string }
}

describe('the extended templates of Cloud Run', () => {
  // After a change: vitest -u, then make-results.py for both types.
  it('that genuine workers were given are ours', async () => {
    const templates = Object.fromEntries(definitions.map((definition) => [definition.type, definition.extendedBaseJobTemplate]))
    await expect(`${JSON.stringify(templates, null, 1)}\n`).toMatchFileSnapshot('fixtures/cloud-run-extended.json')
  })
})

describe('the name of a job of the second API', () => {
  const lines = read('results/cloud-run-v2.jsonl').trimEnd().split('\n').slice(1)
  const named = lines.filter((line) => (JSON.parse(line) as Line).request)

  it('was told of enough cases', () => {
    expect(named.length).toBeGreaterThan(40)
  })

  it.each(named.map((line) => [(JSON.parse(line) as Line).id, line]))(
    'is the genuine one but for its suffix: %s',
    async (_id, line) => {
      const { document, request } = parseJsonKeepingNumbers(line) as unknown as Line
      const answer = await renderDocument(document, async () => cloudRunV2Definition)
      // Its slug is empty, where a genuine name begins with None.
      const expected = request!.name.replace(/^None-/, 'flow-run-')
      expect('request' in answer ? answer.request?.name : answer).toBe(expected)
    },
  )
})

describe('rendering with the extended template, nothing of it set', () => {
  it.each([cloudRunDefinition, cloudRunV2Definition])('is the rendering with the default one: $type', async (definition) => {
    const results = read(`results/${definition.type}.jsonl`).trimEnd().split('\n').slice(1)
    const { document } = results.map((line) => JSON.parse(line)).find(({ id }) => id === 'defaults')
    const render = (base_job_template: string) => renderDocument({ ...document, base_job_template }, async () => definition)
    const [extended, plain] = await Promise.all([render('extended'), render('default')])
    expect(plain).toHaveProperty('configuration')
    expect(extended).toMatchObject({
      configuration: (plain as { configuration: object }).configuration,
      request: (plain as { request: object }).request,
    })
    expect((extended as { configuration: object }).configuration).toStrictEqual(
      (plain as { configuration: object }).configuration,
    )
  })
})
