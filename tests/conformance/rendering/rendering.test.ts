import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import { parseJsonKeepingNumbers, type TemplateValue } from '@aedile/core/python-text'
import { renderDocument } from '@aedile/core/rendering/render-document'
import { describe, expect, test } from 'vitest'
import { findInfrastructures, loadDefinition } from '../../../packages/cli/src/compose/infrastructures.ts'

type Result = {
  id: string
  covers?: string
  differs?: string
  document: TemplateValue
  configuration?: unknown
  error?: { type: string; message: string }
  request_error?: { type: string; message: string }
}

// Made by make-results.py, which asks the genuine packages.
const results = new URL('results/', import.meta.url)
const findDefinition = (type: string): Promise<InfrastructureDefinition> => loadDefinition(findInfrastructures([]), type)

for (const file of readdirSync(fileURLToPath(results)).sort()) {
  const lines = readFileSync(new URL(file, results), 'utf8').trimEnd().split('\n').slice(1)
  describe(`rendering ${file.replace('.jsonl', '')} equals the genuine worker's`, () => {
    for (const line of lines) {
      const { id, covers, differs, configuration, error, request_error } = JSON.parse(line) as Result
      const title = `${id}${covers ? ` (${covers})` : ''}${differs ? `, but: ${differs}` : ''}`
      test(title, async () => {
        const { document } = parseJsonKeepingNumbers(line) as unknown as Result
        const answer = await renderDocument(document, findDefinition)
        const found = 'error' in answer ? { error: answer.error } : { configuration: answer.configuration }
        const expected = error ? { error: expect.objectContaining({ message: expect.any(String) }) } : { configuration }
        if (differs) expect(found).not.toEqual(expected)
        else expect(found).toEqual(expected)
        // What a genuine worker could not send, ours does not ask for either.
        if (request_error && !differs)
          expect(answer).toMatchObject({ request: null, request_error: { message: expect.any(String) } })
      })
    }
  })
}
