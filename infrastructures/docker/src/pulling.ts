import type { Readable } from 'node:stream'
import { AedileError } from '@aedile/core/errors'
import type { JsonObject } from '@aedile/core/json'
import type { Sink } from '@aedile/worker/infrastructure-driver'
import type { EngineApi } from './api.ts'
import { isAnswer, isUnanswered } from './engine-error.ts'
import type { PullRequest } from './pull.ts'
import { withPullAccess } from './registry-auth/pull-access.ts'

/** Progress is told at most this often, in milliseconds. */
const TELL_MILLISECONDS = 1_000

/** Where a pull tells its progress, and where Docker's own config is found by. */
export type PullIo = { sink: Sink; signal: AbortSignal; environment: NodeJS.ProcessEnv }

type Progress = { status?: string; id?: string; progress?: string; error?: string }

/**
 * Has the image on the engine, by the request's policy.
 * @throws AedileError `infrastructure_failed` when it cannot be pulled and no local one will do.
 */
export async function pullImage(api: EngineApi, pull: PullRequest, io: PullIo): Promise<void> {
  if (pull.when === 'never') return
  const image = toReference(pull)
  if (pull.when === 'if-missing' && (await hasImage(api, image))) return
  try {
    await logInAndPull(api, pull, image, io)
  } catch (error) {
    if (io.signal.aborted || isUnanswered(error) || !pull.orLocal) throw error
    if (!(await hasImage(api, image)))
      throw failed(
        `Docker operation completely failed for '${image}': ${(error as Error).message} There is no local image either.`,
      )
    io.sink.status('image not pulled', `${(error as Error).message} The local image is used.`)
  }
}

/** `name:tag`, or `name@digest`. */
export function toReference({ fromImage, tag }: PullRequest): string {
  return `${fromImage}${tag.includes(':') ? '@' : ':'}${tag}`
}

async function hasImage(api: EngineApi, image: string): Promise<boolean> {
  try {
    await api.inspectImage(image)
    return true
  } catch (error) {
    if (isAnswer(error, 404)) return false
    throw error
  }
}

async function logInAndPull(
  api: EngineApi,
  { fromImage, tag, login }: PullRequest,
  image: string,
  { sink, signal, environment }: PullIo,
): Promise<void> {
  try {
    if (login) await api.login(readAuthorization(login.authorization))
    sink.status('pulling image', image)
    const own = login?.authorization ?? null
    await withPullAccess(image, own, { environment, signal }, async (authorization) =>
      follow(await api.pullImage({ fromImage, tag }, authorization ?? own, signal), image, sink),
    )
    sink.status('image pulled', image)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (isUnanswered(error)) throw error
    throw failed(`Docker pull failed for ${image}: ${(error as Error).message.replace(/\.$/, '')}.`, error)
  }
}

/** The Engine answers 200 before it pulls: a failure comes as a line of the stream. */
async function follow(stream: Readable, image: string, sink: Sink): Promise<void> {
  let rest = ''
  let toldAt = 0
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.trim() === '') continue
      const { status, id, progress, error } = JSON.parse(line) as Progress
      if (error !== undefined) throw new Error(error)
      if (status === undefined || performance.now() - toldAt < TELL_MILLISECONDS) continue
      toldAt = performance.now()
      sink.status('pulling image', `${image}: ${[id, status, progress].filter(Boolean).join(' ')}`)
    }
  }
}

function readAuthorization(authorization: string): JsonObject {
  return JSON.parse(Buffer.from(authorization, 'base64url').toString('utf8')) as JsonObject
}

function failed(what: string, cause?: unknown): AedileError {
  return new AedileError('infrastructure_failed', { what }, { cause })
}
