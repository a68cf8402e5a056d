import { sendWorkerHeartbeat } from '@aedile/core/client/workers'
import type { WorkerContext } from '../worker-context.ts'

/** Tells the server that the worker is alive, and reads the pool anew. */
export async function beat(context: WorkerContext): Promise<void> {
  await context.pool.refresh()
  await sendWorkerHeartbeat(context.client, context.pool.current.name, {
    name: context.facts.name,
    heartbeat_interval_seconds: context.settings.heartbeatSeconds,
    // For previews of what this worker would start. A genuine server has no use for them.
    ...(context.ledger.shared ? { setting_names: Object.keys(context.facts.settings).sort() } : {}),
  })
}
