import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { AedileError } from '@aedile/core/errors'
import { isJsonObject, type JsonObject } from '@aedile/core/json'
import { readDockerConfig } from './registry-auth/docker-config.ts'
import { toServerAddress } from './registry-auth/reference.ts'
import { dockerConfigFolder } from './target.ts'

/** A login that the engine accepted. `token` is what the registry gave in the place of the password. */
export type AcceptedLogin = { username: string; password: string; token: string | null }

const HELPER_MILLISECONDS = 60_000

/** Keeps a login where Docker's own tools look for it: with the helper that its configuration names, else in the file. */
export async function storeLogin(registry: string, login: AcceptedLogin, environment: NodeJS.ProcessEnv): Promise<void> {
  const address = toServerAddress(registry)
  const { credHelpers, credsStore } = readDockerConfig(environment)
  const helper = credHelpers[registry] ?? credHelpers[address] ?? credsStore
  if (helper) await storeWithHelper(helper, address, login, environment)
  else storeInFile(address, login, environment)
}

async function storeWithHelper(name: string, address: string, login: AcceptedLogin, env: NodeJS.ProcessEnv): Promise<void> {
  const program = `docker-credential-${name}`
  const { username, password, token } = login
  const [Username, Secret] = token === null ? [username, password] : ['<token>', token]
  const running = promisify(execFile)(program, ['store'], { env, timeout: HELPER_MILLISECONDS })
  // One that ends without reading is told by its exit code.
  running.child.stdin?.on('error', () => {})
  running.child.stdin?.end(`${JSON.stringify({ ServerURL: address, Username, Secret })}\n`)
  try {
    await running
  } catch (error) {
    const why = (error as { stderr?: string }).stderr?.trim() || (error as Error).message
    throw new AedileError('infrastructure_failed', { what: `The login was accepted, but ${program} did not keep it: ${why}` })
  }
}

/** All else in the file stays. Written whole or not at all, readable for its owner only. */
function storeInFile(address: string, { username, password, token }: AcceptedLogin, environment: NodeJS.ProcessEnv): void {
  const folder = dockerConfigFolder(environment)
  const path = join(folder, 'config.json')
  const config = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as JsonObject) : {}
  const entry: JsonObject = { auth: Buffer.from(`${username}:${token === null ? password : ''}`).toString('base64') }
  if (token !== null) entry.identitytoken = token
  const auths = { ...(isJsonObject(config.auths) ? config.auths : {}), [address]: entry }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const temporary = `${path}.${randomUUID()}`
  writeFileSync(temporary, `${JSON.stringify({ ...config, auths }, null, '\t')}\n`, { mode: 0o600, flag: 'wx' })
  renameSync(temporary, path)
}
