import type { Handle, ServerId } from '@aedile/core/infrastructure-definition'
import type { Container, ContainerSummary, EngineApi } from './api.ts'
import { isAnswer } from './engine-error.ts'
import { ATTEMPT_LABEL, NAME_LABEL, REMOVE_LABEL, SERVER_LABEL } from './labels.ts'
import { GRACE_SECONDS } from './request.ts'

/** The container of this id or name; null when there is none. */
export async function inspectOrNull(api: EngineApi, idOrName: string): Promise<Container | null> {
  try {
    return await api.inspectContainer(idOrName)
  } catch (error) {
    if (isAnswer(error, 404)) return null
    throw error
  }
}

/** All containers of an attempt. More than one only while two starters meet. */
export function listOfAttempt(api: EngineApi, { attempt, server }: Handle): Promise<ContainerSummary[]> {
  return api.listContainers({ label: [`${ATTEMPT_LABEL}=${attempt}`, `${SERVER_LABEL}=${server}`] })
}

/**
 * The container of a handle, by its id when that is known, else by the attempt's label. Only one of this server's attempt;
 * of several, the one that was started.
 */
export async function findContainer(api: EngineApi, handle: Handle): Promise<Container | null> {
  const { containerId } = handle.native
  const ids = typeof containerId === 'string' ? [containerId] : (await listOfAttempt(api, handle)).map(({ Id }) => Id)
  const found = await Promise.all(ids.map((id) => inspectOrNull(api, id)))
  const own = found.filter((container) => container !== null && isOfAttempt(container.Config.Labels, handle))
  return own.find((container) => container !== null && wasStarted(container)) ?? own[0] ?? null
}

/** True for a container whose command ran, whatever became of it. One that is being removed does not say so by its status. */
export function wasStarted({ State }: Container): boolean {
  return !State.StartedAt.startsWith('0001-')
}

/** All containers of a name, and of the numbered names behind it. */
export function listOfName(api: EngineApi, name: string): Promise<ContainerSummary[]> {
  return api.listContainers({ name: [`^/${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(-[0-9]+)?$`] })
}

/** True for the labels of a container that was made for this attempt of this server. */
export function isOfAttempt(labels: Record<string, string> | null, { attempt, server }: Handle): boolean {
  return labels?.[ATTEMPT_LABEL] === attempt && labels[SERVER_LABEL] === server
}

/** The handle of a container that was listed by its server's label. */
export function toHandle(
  { Id, Names, Labels }: ContainerSummary,
  owner: ServerId,
  place: { target: string; baseUrl: string },
): Handle {
  return {
    type: 'docker',
    target: place.target,
    name: Labels[NAME_LABEL] ?? Names[0]?.replace(/^\//, '') ?? Id,
    attempt: Labels[ATTEMPT_LABEL] ?? '',
    server: owner,
    flowRunId: Labels['io.prefect.flow-run-id'] ?? null,
    keep: Labels[REMOVE_LABEL] === undefined,
    graceSeconds: GRACE_SECONDS,
    native: { baseUrl: place.baseUrl, containerId: Id },
  }
}
