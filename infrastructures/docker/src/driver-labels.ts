import type { JsonObject } from '@aedile/core/json'
import type { DockerRequest } from './request.ts'

/** The name that was wanted, on a container that another attempt's made take `<name>-1`. */
export const NAME_LABEL = 'io.aedile.name'
/** The container is removed after the report. */
export const REMOVE_LABEL = 'io.aedile.remove'
/** Its output is not followed. */
export const QUIET_LABEL = 'io.aedile.quiet'

/** The body to create a container with: the request's, and what an observer must know who has only the container. */
export function withDriverLabels({ create, remove, streamOutput }: DockerRequest, wantedName: string | null): JsonObject {
  const labels = {
    ...(create.Labels as JsonObject),
    ...(remove ? { [REMOVE_LABEL]: 'true' } : {}),
    ...(streamOutput ? {} : { [QUIET_LABEL]: 'true' }),
    ...(wantedName === null ? {} : { [NAME_LABEL]: wantedName }),
  }
  return { ...create, Labels: labels }
}
