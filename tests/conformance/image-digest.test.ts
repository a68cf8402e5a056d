import { createClient } from '@aedile/core/client/client'
import { readDeployment } from '@aedile/core/client/deployments'
import { createWorkPool } from '@aedile/core/client/work-pools'
import { saveDeployment } from '@aedile/sdk/deploy/save-deployment'
import { describe, expect, it } from 'vitest'
import { hasGenuine, startGenuineServer, title } from './genuine.ts'
import { startOurServer } from './ours.ts'

const BODY = {
  name: 'boxed',
  work_pool_name: 'docker',
  job_variables: { image: 'host/flows:1' },
  paused: true,
  description: 'about',
  version: 'v1',
  tags: ['t'],
  parameters: { x: 1 },
  parameter_openapi_schema: { type: 'object', properties: { x: { type: 'integer' } } },
  enforce_parameter_schema: false,
  concurrency_limit: 3,
  entrypoint: 'a.py:b',
  pull_steps: [{ 'prefect.deployments.steps.set_working_directory': { directory: '/code' } }],
}
const SCHEDULES = [
  { schedule: { cron: '0 6 * * *' }, active: false, slug: 'six' },
  { schedule: { interval: 3600 }, parameters: { x: 2 } },
]

describe.skipIf(!hasGenuine)(title('The digest of an image'), () => {
  it.each([
    ['a genuine server', startGenuineServer],
    ['our server', startOurServer],
  ])('is changed on %s, and nothing else of the deployment', async (_, start) => {
    const server = await start()
    try {
      const client = createClient({ apiUrl: server.apiUrl })
      await createWorkPool(client, { name: 'docker', type: 'docker' })
      const look = async (id: string) => {
        const { labels, updated: _updated, schedules, ...others } = await readDeployment(client, id)
        const known = schedules.map(({ schedule, active, slug, parameters }) => ({ schedule, active, slug, parameters }))
        const sorted = known.sort((one, other) => String(one.slug).localeCompare(String(other.slug)))
        return { digest: labels?.['aedile.io/image-digest'], schedules: sorted, others }
      }
      const first = await look(await saveDeployment(client, 'flows', { ...BODY, schedules: SCHEDULES }, 'sha256:1'))
      expect(first).toMatchObject({ digest: 'sha256:1', others: { parameters: { x: 1 }, tags: ['t'] } })
      for (const digest of ['sha256:2', null]) {
        const next = await look(await saveDeployment(client, 'flows', BODY, digest))
        expect(next).toEqual({ ...first, digest: digest ?? undefined })
      }
    } finally {
      await server.stop()
    }
  })
})
