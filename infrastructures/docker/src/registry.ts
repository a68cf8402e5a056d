import { AedileError } from '@aedile/core/errors'
import { Block, type LoadOptions, loadBlock } from '@aedile/worker/classes/block'
import { EngineApi } from './api.ts'
import { dockerRegistryBlock } from './class-block.ts'
import { toConnectError } from './class-connection.ts'
import { EngineError, isUnanswered } from './engine-error.ts'
import { readDockerConfig } from './registry-auth/docker-config.ts'
import { readRegistryHost } from './registry-auth/reference.ts'
import { storeLogin } from './registry-login.ts'
import { findEndpoint } from './target.ts'

/** What a DockerRegistry is given. */
export type DockerRegistryAttributes = {
  username: string
  /** The password or the token. Shown as `********`, encrypted where it is saved. */
  password: string
  /** The address of the registry; the scheme may be left out. */
  registryUrl: string
  /** Whether to log in though a login is known, because a token may have expired. Default true. */
  reauth?: boolean
}

/** A login at a registry of images: a block with the capability `docker-login`. */
export class DockerRegistry extends Block {
  static readonly blockClass = dockerRegistryBlock
  readonly username: string
  readonly registryUrl: string
  readonly reauth: boolean
  readonly #password: string

  /** @throws AedileError `block_invalid` when one of the three that are required is missing. */
  constructor({ username, password, registryUrl, reauth = true }: DockerRegistryAttributes) {
    super()
    this.username = required('username', username)
    this.#password = required('password', password)
    this.registryUrl = required('registryUrl', registryUrl)
    this.reauth = reauth
  }

  static fromAttributes(attributes: Record<string, unknown>): DockerRegistry {
    return new DockerRegistry(attributes as DockerRegistryAttributes)
  }

  /**
   * Loads the block of this name from the server, with its password.
   * @throws AedileError `api_not_found`, `api_unreachable`.
   */
  static load(name: string, options?: LoadOptions): Promise<DockerRegistry> {
    return loadBlock(DockerRegistry, name, options)
  }

  /** The password in the clear. */
  get password(): string {
    return this.#password
  }

  /**
   * Has the engine log in, and keeps the login where Docker keeps its own: with its credential helper, else in its
   * `config.json`. Without `reauth`, a login of this user that is kept there already is enough.
   * @throws AedileError `infrastructure_unreachable` ("Could not connect to Docker."), `infrastructure_failed` when the
   * registry refuses.
   */
  async login(): Promise<void> {
    const host = readRegistryHost(this.registryUrl)
    const known = readDockerConfig(process.env).auths.get(host)
    if (!this.reauth && known?.username === this.username) return
    const token = await this.#logInAtEngine()
    await storeLogin(host, { username: this.username, password: this.#password, token }, process.env)
  }

  /** Resolves with the token that the registry gives in the place of the password, if it does. */
  async #logInAtEngine(): Promise<string | null> {
    const endpoint = findEndpoint({}, process.env)
    const api = await EngineApi.open(endpoint)
    try {
      const document = { username: this.username, password: this.#password, email: null, serveraddress: this.registryUrl }
      const answer = (await api.login(document)) as { IdentityToken?: string } | null
      return answer?.IdentityToken || null
    } catch (error) {
      if (isUnanswered(error)) {
        throw toConnectError(new AedileError('infrastructure_unreachable', { what: error.message }, { cause: error }))
      }
      if (!(error instanceof EngineError)) throw error
      const what = `The login of ${this.username} at ${this.registryUrl} was refused: ${error.message}`
      throw new AedileError('infrastructure_failed', { what }, { cause: error })
    } finally {
      api.close()
    }
  }
}

function required(attribute: string, value: string | undefined): string {
  if (typeof value === 'string' && value !== '') return value
  throw new AedileError('block_invalid', { what: `A DockerRegistry needs \`${attribute}\`, a text.` })
}
