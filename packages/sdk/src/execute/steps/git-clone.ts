import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { isJsonObject, type JsonObject } from '@aedile/core/json'
import type { StepContext } from '../pull-steps.ts'
import { optionalText, textInput } from './inputs.ts'
import { runCommand } from './run-command.ts'

/**
 * Clones a repository, or brings an earlier clone up to date, and moves the run into it. A token goes to git through its
 * environment: it stands neither in the command line nor in the clone's configuration, and is masked in what git says.
 */
export async function gitClone(inputs: JsonObject, context: StepContext): Promise<JsonObject> {
  const repository = textInput(inputs, 'repository')
  const branch = optionalText(inputs, 'branch')
  const commit = optionalText(inputs, 'commit_sha')
  const token = optionalText(inputs, 'access_token') ?? tokenOf(inputs.credentials)
  const submodules = inputs.include_submodules === true
  const directories = Array.isArray(inputs.directories) ? inputs.directories.map(String) : []
  const directory = resolve(
    context.folder,
    optionalText(inputs, 'clone_directory_name') ?? cloneName(repository, branch ?? commit),
  )
  const git = makeGit(repository, token, context)

  if (!existsSync(resolve(directory, '.git'))) {
    const shape = [
      ...(branch ? ['--branch', branch] : []),
      ...(commit ? ['--filter=blob:none', '--no-checkout'] : ['--depth', '1']),
      ...(directories.length > 0 ? ['--sparse'] : []),
      ...(submodules && !commit ? ['--recurse-submodules'] : []),
    ]
    await git(context.folder, ['clone', ...shape, '--', repository, directory])
    if (directories.length > 0) await git(directory, ['sparse-checkout', 'set', ...directories])
  } else {
    await git(directory, ['fetch', '--depth', '1', 'origin', commit ?? branch ?? 'HEAD'])
    if (!commit) await git(directory, ['reset', '--hard', 'FETCH_HEAD'])
  }
  if (commit) {
    await git(directory, ['fetch', '--depth', '1', 'origin', commit])
    await git(directory, ['checkout', '--force', commit])
  }
  if (submodules) await git(directory, ['submodule', 'update', '--init', '--recursive'])
  process.chdir(directory)
  return { directory }
}

/** The name of the folder: the repository's, with the branch or commit that it is of. */
function cloneName(repository: string, reference: string | null): string {
  const name =
    repository
      .replace(/\/+$/, '')
      .replace(/\.git$/, '')
      .split(/[/:]/)
      .at(-1) || 'repository'
  return reference ? `${name}-${reference.replaceAll('/', '-')}` : name
}

/** Credentials of a block: a token under one of the names that such blocks use, or its only value. */
function tokenOf(credentials: unknown): string | null {
  if (typeof credentials === 'string') return credentials || null
  if (!isJsonObject(credentials)) return null
  const token = credentials.access_token ?? credentials.token ?? credentials.password ?? credentials.value
  const user = credentials.username
  if (typeof token !== 'string' || token === '') return null
  return typeof user === 'string' && user !== '' ? `${user}:${token}` : token
}

function makeGit(repository: string, token: string | null, context: StepContext) {
  const env = { ...context.environment, GIT_TERMINAL_PROMPT: '0', ...(token ? authorization(repository, token) : {}) }
  return async (cwd: string, args: string[]): Promise<void> => {
    const result = await runCommand('git', args, { cwd, env, signal: context.signal })
    if (result.code === 0) return
    const words = mask(`git ${args[0]} failed: ${result.stderr.trim().slice(-1000)}`, token)
    throw new Error(words)
  }
}

/** Configuration for one run of git; only for the host of the repository. Source: git-config, GIT_CONFIG_COUNT. */
function authorization(repository: string, token: string): Record<string, string> {
  const host = /^(https?:\/\/)(?:[^@/]*@)?([^/]+)/.exec(repository)
  if (!host) throw new Error('a token needs a repository with an https address')
  // GitHub, GitLab and Bitbucket all take a token as the password of these users.
  const user = host[2]!.includes('bitbucket') ? 'x-token-auth' : host[2]!.includes('gitlab') ? 'oauth2' : 'x-access-token'
  const pair = token.includes(':') ? token : `${user}:${token}`
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${host[1]}${host[2]}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(pair).toString('base64')}`,
  }
}

/** Also an address that carries its password itself is masked. */
function mask(text: string, token: string | null): string {
  const hidden = token ? text.replaceAll(token, '****').replaceAll(token.split(':').at(-1)!, '****') : text
  return hidden.replace(/(https?:\/\/)[^@/\s]+@/g, '$1****@')
}
