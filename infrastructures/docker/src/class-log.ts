import type { Handle, Outcome } from '@aedile/core/infrastructure-definition'
import type { InfrastructureLogger } from '@aedile/worker/classes/infrastructure-log'

/** Tells what the driver does before the container runs: that it pulls, once; its progress only for who looks closely. */
export function tellStatus(logger: InfrastructureLogger): (phase: string, detail: string | undefined) => void {
  let isPulling = false
  return (phase, detail = '') => {
    if (phase === 'pulling image') {
      if (isPulling) logger.debug(`Pulling image ${detail}`)
      else logger.info(`Pulling image ${detail}...`)
      isPulling = true
    } else if (phase === 'image pulled') {
      logger.debug(`Pulled image ${detail}`)
    } else {
      logger.warn(`${phase}: ${detail}`)
    }
  }
}

/** Tells how the container ended. */
export function tellOutcome(logger: InfrastructureLogger, handle: Handle, { kind, exitCode, reason }: Outcome): void {
  if (kind === 'not-found') {
    logger.error(`Docker container '${containerIdOf(handle)}' was removed.`)
    return
  }
  logger.info(`Docker container '${handle.name}' has status 'exited'`)
  if (exitCode === 0) return
  const said = reason?.replace(/^Flow run infrastructure exited with non-zero status code \d+\. /, '') ?? ''
  logger.error(`Docker container '${handle.name}' exited with status code: ${exitCode ?? -1}. ${said}`.trimEnd())
}

/** The engine's id of a container that was started. */
export function containerIdOf({ native }: Handle): string {
  return String(native.containerId)
}
