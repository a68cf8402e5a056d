import { AedileError, isAedileError } from '@aedile/core/errors'
import type { Connection } from '@aedile/worker/infrastructure-driver'
import { dockerDriver } from './driver.ts'
import type { DockerRequest } from './request.ts'

/**
 * Connects a script to the engine that Docker's own environment and contexts name.
 * @throws AedileError `infrastructure_unreachable` when none answers.
 */
export async function connectDocker(): Promise<Connection<DockerRequest>> {
  try {
    return await dockerDriver.connect({}, {})
  } catch (error) {
    throw toConnectError(error)
  }
}

/** The same first sentence for whatever kept us from an engine. */
export function toConnectError(error: unknown): unknown {
  if (!isAedileError(error, 'infrastructure_unreachable')) return error
  return new AedileError(
    'infrastructure_unreachable',
    { what: `Could not connect to Docker. ${error.message}` },
    { cause: error },
  )
}
