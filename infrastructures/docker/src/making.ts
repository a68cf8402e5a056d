import { setTimeout as delay } from 'node:timers/promises'
import { AedileError } from '@aedile/core/errors'
import { type Handle, SCRIPT_OWNER } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import { MICROSECONDS_PER_SECOND } from '@aedile/core/time'
import type { Sink } from '@aedile/worker/infrastructure-driver'
import type { ContainerSummary, EngineApi } from './api.ts'
import { tellCreated, tellCreationFailed } from './container-events.ts'
import { isOfAttempt, listOfAttempt, listOfName } from './containers.ts'
import { isAnswer, isUnanswered } from './engine-error.ts'
import { NAME_LABEL } from './labels.ts'
import type { DockerRequest } from './request.ts'

/** How often somebody else may be faster with a name. */
const MOST_CONFLICTS = 500
const LOOK_MILLISECONDS = 20

/** A container that there is now, and whether it was made by this call: only its maker starts it. */
export type Made = { id: string; isMine: boolean }

/** Makes a container under the first name that no other attempt has, or finds the attempt's own. */
export async function makeContainer(
  api: EngineApi,
  request: DockerRequest,
  handle: Handle,
  { sink, signal }: { sink: Sink; signal: AbortSignal },
): Promise<Made> {
  if (isUnnamed(request, handle)) return makeUnnamed(api, request, handle, sink)
  let name = handle.name
  for (let conflicts = 0; conflicts < MOST_CONFLICTS; conflicts += 1) {
    try {
      const body = name === handle.name ? request.create : withName(request.create, handle.name)
      const { Id } = await api.createContainer(toQuery(name, request), body)
      tellCreated(sink, Id, name)
      return { id: Id, isMine: true }
    } catch (error) {
      if (isUnanswered(error)) throw error
      if (!isNameConflict(error)) throw creationFailed(error, request, sink)
    }
    const others = await listOfName(api, handle.name)
    const own = others.find((other) => isOfAttempt(other.Labels, handle))
    if (own) return adopt(own, sink)
    const taken = new Set(others.flatMap(({ Names }) => Names))
    // A name that somebody makes a container of right now is not listed yet: it is tried again.
    for (let number = 0; number === 0 || taken.has(`/${name}`); number += 1) {
      name = number === 0 ? handle.name : `${handle.name}-${number}`
    }
    await delay(LOOK_MILLISECONDS, undefined, { signal })
  }
  throw failed(
    `Flow run could not start: the name ${handle.name} was taken ${MOST_CONFLICTS} times while its container was made.`,
  )
}

/** True where the engine chooses the name: of a script's command that has none. Nobody but the script looks for it. */
export function isUnnamed({ name }: DockerRequest, { server }: Handle): boolean {
  return name === null && server === SCRIPT_OWNER
}

async function makeUnnamed(api: EngineApi, request: DockerRequest, handle: Handle, sink: Sink): Promise<Made> {
  const [own] = await listOfAttempt(api, handle)
  if (own) return adopt(own, sink)
  try {
    const { Id } = await api.createContainer(toQuery(null, request), request.create)
    return { id: Id, isMine: true }
  } catch (error) {
    throw isUnanswered(error) ? error : creationFailed(error, request, sink)
  }
}

/** Found, made by another process, which may not have come to tell of it. */
function adopt({ Id, Names, Created }: ContainerSummary, sink: Sink): Made {
  tellCreated(sink, Id, Names[0]?.slice(1) ?? Id, Created * MICROSECONDS_PER_SECOND)
  return { id: Id, isMine: false }
}

/** The name that was wanted, for who has only the container. */
function withName(create: JsonObject, name: string): JsonObject {
  return { ...create, Labels: { ...(create.Labels as JsonObject), [NAME_LABEL]: name } }
}

function toQuery(name: string | null, { platform }: DockerRequest): Record<string, string> {
  return { ...(name === null ? {} : { name }), ...(platform === null ? {} : { platform }) }
}

function isNameConflict(error: unknown): boolean {
  return isAnswer(error, 409) && /container name|name .*in use|already in use/i.test(error.message)
}

function creationFailed(error: unknown, { create, pull }: DockerRequest, sink: Sink): unknown {
  tellCreationFailed(sink)
  if (isAnswer(error, 404) && /no such image/i.test(error.message)) {
    const why = pull.when === 'never' ? 'and its pull policy is Never' : 'though it was pulled: somebody removed it'
    return failed(
      `Flow run could not start: the image ${create.Image} is not on the Docker engine, ${why}. Pull it there, or correct its name.`,
      error,
    )
  }
  if (isAnswer(error, 400) && /no command specified/i.test(error.message)) {
    return failed(
      `Flow run could not start: neither the job nor the image ${create.Image} has a command. Set \`command\`.`,
      error,
    )
  }
  return error instanceof Error
    ? failed(`Flow run could not start: the Docker engine refused the container: ${error.message.replace(/\.$/, '')}.`, error)
    : error
}

function failed(what: string, cause?: unknown): AedileError {
  return new AedileError('infrastructure_failed', { what }, { cause })
}
