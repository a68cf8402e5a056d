import { AedileError } from '@aedile/core/errors'
import { type PullPolicy, parseImage, pullPolicyOf } from './image.ts'
import type { DockerJob, RegistryCredentials } from './job.ts'

/** Whether and how the image is pulled before the container is created. */
export type PullRequest = {
  policy: PullPolicy
  when: 'always' | 'if-missing' | 'never'
  /** Whether a local image will do when login or pull fail. */
  orLocal: boolean
  /** `fromImage` and `tag` of `POST /images/create`. Without a tag, it is latest. */
  fromImage: string
  tag: string
  login: RegistryLogin | null
}

/** The login before the pull. */
export type RegistryLogin = {
  registry: string
  /** Whether to log in though a login is known. */
  reauth: boolean
  /** The header X-Registry-Auth, which is also what is sent to `POST /auth`, in URL-safe base64. */
  authorization: string
}

/** The pull of a job. @throws AedileError `template_invalid` for an image that cannot be split. */
export function buildPull({ image, image_pull_policy, registry_credentials }: DockerJob): PullRequest {
  const parsed = parseImage(image)
  if (!parsed) {
    throw new AedileError('template_invalid', {
      pointer: '/image',
      why: `expected name, name:tag or name@digest, found ${image}`,
    })
  }
  const policy = pullPolicyOf(image_pull_policy, parsed.tag)
  return {
    policy,
    when: policy === 'Never' ? 'never' : policy === 'IfNotPresent' ? 'if-missing' : 'always',
    orLocal: policy === 'IfPossible',
    fromImage: parsed.name,
    tag: parsed.tag || 'latest',
    login: registry_credentials ? toLogin(registry_credentials) : null,
  }
}

function toLogin({ username, password, registry_url, reauth }: RegistryCredentials): RegistryLogin {
  const authorization = JSON.stringify({ username, password, email: null, serveraddress: registry_url })
  return { registry: registry_url, reauth, authorization: toBase64Url(authorization) }
}

function toBase64Url(text: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text))
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_')
}
