import { filterWorkers } from '@aedile/core/client/workers'
import { saveDeployment } from '@aedile/sdk/deploy/save-deployment'
import type { CliContext } from '../cli-context.ts'
import { scheduleText } from '../text/schedule-text.ts'
import type { DeploymentBody } from './complete-deployment.ts'
import type { PreparedDeployment } from './prepare-deployment.ts'

type Wanted = { prepared: PreparedDeployment; body: DeploymentBody; digest: string | null }

/** Writes the deployments, tells each, and says how to run them. */
export async function saveDeployments(context: CliContext, wanted: Wanted[]): Promise<void> {
  const { client, print } = context
  const saved = []
  for (const { prepared, body, digest } of wanted) {
    const id = await saveDeployment(client, prepared.flow.name, body, digest)
    print.line(summary(context, prepared, body))
    saved.push({
      id,
      full_name: prepared.fullName,
      flow: prepared.flow.name,
      ...body,
      ...(digest ? { image_digest: digest } : {}),
    })
  }
  await print.result(saved, async () => {
    for (const pool of new Map(wanted.map(({ prepared }) => [prepared.pool.name, prepared.pool])).values()) {
      if (/:(push|managed)$/.test(pool.type)) continue
      const workers = await filterWorkers(client, pool.name)
      if (!workers.some(({ status }) => status === 'ONLINE')) {
        print.line(`No worker runs for ${pool.name}. Start one: aedile worker start --pool ${pool.name}`)
      }
    }
    const [only] = wanted
    const which = only && wanted.length === 1 ? only.prepared.fullName : 'FLOW/NAME'
    print.line(`Run it: aedile deployment run ${quoted(which)} --watch`)
  })
}

function summary({ print }: CliContext, { fullName, flow, pool }: PreparedDeployment, body: DeploymentBody): string {
  const what = flow.entrypoint ?? String(body.job_variables.command ?? 'its own command')
  const when = body.schedules.map(({ schedule }) => scheduleText(schedule)).join('; ')
  const queue = body.work_queue_name ? `, queue ${body.work_queue_name}` : ''
  return `Deployed ${print.color.bold(fullName)} (${what}) to ${pool.name}${queue}${when ? `; ${when}` : ''}${body.paused ? '; paused' : ''}`
}

/** A name as a shell takes it. */
function quoted(name: string): string {
  return /^[\w./-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`
}
