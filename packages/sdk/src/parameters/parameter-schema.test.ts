import { expect, test } from 'vitest'
import { z } from 'zod'
import { buildParameterSchema } from './parameter-schema.ts'

test('every property has a title and its position; what has a default is not required', async () => {
  const schema = z.object({ city: z.string().describe('where'), days: z.number().int().default(7) })
  expect(await buildParameterSchema(schema)).toEqual({
    title: 'Parameters',
    type: 'object',
    properties: {
      city: { type: 'string', description: 'where', title: 'city', position: 0 },
      days: expect.objectContaining({ type: 'integer', default: 7, title: 'days', position: 1 }),
    },
    required: ['city'],
  })
})

test('shared parts stand under definitions and are referred to there', async () => {
  const place = z.object({ name: z.string() }).meta({ id: 'Place' })
  const made = await buildParameterSchema(z.object({ from: place, to: place }))
  expect(made.definitions).toHaveProperty('Place')
  expect(JSON.stringify(made.properties)).toContain('#/definitions/Place')
})

test('a flow without a schema, and a schema that nobody can translate, accept anything', async () => {
  const accepting = { title: 'Parameters', type: 'object', properties: {} }
  const foreign = { '~standard': { version: 1 as const, vendor: 'mine', validate: (value: unknown) => ({ value }) } }
  expect(await buildParameterSchema(undefined)).toEqual(accepting)
  expect(await buildParameterSchema(foreign)).toEqual(accepting)
})
