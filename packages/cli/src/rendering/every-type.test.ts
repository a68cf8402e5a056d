import { renderPreview } from '@aedile/core/rendering/render-preview'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import type { ReferenceLookup } from '@aedile/core/templates/references'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { findInfrastructures, loadDefinitions } from '../compose/infrastructures.ts'
import { requestYaml } from './rendering-text.ts'

const lookup: ReferenceLookup = {
  readBlockDocument: async () => null,
  readBlockDocumentById: async () => null,
  readVariable: async () => null,
}
const definitions = await loadDefinitions(findInfrastructures([]))

describe.each(definitions.map((definition) => ({ type: definition.type, definition })))(
  'a pool of type $type',
  ({ definition }) => {
    const preview = (settingNames: string[]) =>
      renderPreview({
        definition,
        workPool: { id: 'p', name: 'my pool', type: definition.type, base_job_template: {} } as unknown as WorkPool,
        flow: null,
        deployment: null,
        flowRun: null,
        jobVariables: { env: { PREFECT_API_KEY: 'a-secret-key' } },
        worker: { name: 'w 1', settingNames },
        lookup,
      })

    it('can be shown before anything is known but the pool, and reads back as its request', async () => {
      const result = await preview(['PREFECT_API_URL', 'PREFECT_API_AUTH_STRING'])
      expect(parse(await requestYaml(result, true))).toEqual(result.request)
      expect(JSON.stringify(result.request)).toContain('<attempt>')
      expect(Object.keys(result.origins!.request).length).toBeGreaterThan(0)
    })

    it('hides a secret setting in everything that is made of it', async () => {
      const text = JSON.stringify(await preview(['PREFECT_API_URL']))
      expect(text).not.toContain('a-secret-key')
      expect(text).not.toContain(Buffer.from('a-secret-key').toString('base64'))
    })
  },
)
