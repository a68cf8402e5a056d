import { readFileSync } from 'node:fs'
import type { BaseJobTemplate } from '@aedile/core/infrastructure-definition'
import { expect, it } from 'vitest'
import { context, render } from './testing/render.ts'
import { cloudRunDefinition } from './v1/definition.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const [template, body] = [...readme.matchAll(/```json\n(.*?)```/gs)].map((match) => JSON.parse(match[1]!))

it('row 20: the template of the README is valid, and renders to the job that it shows', async () => {
  const variables = { image: 'gcr.io/p/flows:7', my_custom_annotation: 'my-custom-value' }
  const run = { ...context, flowRun: { ...(context as { flowRun: object }).flowRun, name: 'crazy cat' } } as typeof context
  const { configuration, request } = await render(cloudRunDefinition, variables, {
    template: template as BaseJobTemplate,
    context: run,
  })
  expect(configuration.job_body).toMatchObject(body)
  expect(request).toMatchObject({ region: 'europe-west1', create: { body } })
})
