import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { AedileError } from '../errors.ts'
import { hostSettings } from './host.ts'
import { applyProfile, initialProfiles, inspectProfile, type Profiles } from './profiles.ts'
import { readSettings, type SettingSources } from './read.ts'

/**
 * The one entry point of core that knows Node: it reads the environment and the profiles file. Only main files call it.
 */
type Environment = Readonly<Record<string, string | undefined>>

/** The home directory: AEDILE_HOME, else ~/.aedile. It need not exist. */
export function resolveHome(environment: Environment = process.env): string {
  const { home } = readSettings({ home: hostSettings.home }, { environment })
  return home === null ? join(homedir(), '.aedile') : resolve(home.replace(/^~(?=\/|$)/, homedir()))
}

/** The file that the profiles are kept in. */
export function profilesPath(home: string): string {
  return join(home, 'profiles.json')
}

const profilesFile = z.object({ active: z.string(), profiles: z.record(z.string(), z.record(z.string(), z.string())) })

/**
 * Reads the profiles; an empty default one when there is no file.
 * @throws AedileError `profiles_unreadable`, with the file's path.
 */
export function readProfiles(home: string): Profiles {
  const path = profilesPath(home)
  try {
    const profiles = profilesFile.parse(JSON.parse(readFileSync(path, 'utf8')))
    return applyProfile(profiles, profiles.active)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return initialProfiles
    const why = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error)
    throw new AedileError('profiles_unreadable', { path, why }, { cause: error })
  }
}

/** Writes the profiles whole or not at all, readable for their owner only, for they may hold keys. */
export function writeProfiles(home: string, profiles: Profiles): void {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const path = profilesPath(home)
  const temporary = `${path}.${randomUUID()}`
  try {
    writeFileSync(temporary, `${JSON.stringify(profiles, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** The sources of settings, and the name of the profile among them. */
export type NodeSources = Required<SettingSources> & { profileName: string; home: string }

/**
 * The environment and the profile in use: the named one, else AEDILE_PROFILE's, else the one in the file.
 * @throws AedileError `profile_not_found`, `profiles_unreadable`.
 */
export function readSources(options: { environment?: Environment; profile?: string } = {}): NodeSources {
  const environment = options.environment ?? process.env
  const home = resolveHome(environment)
  const profiles = readProfiles(home)
  const chosen = options.profile ?? readSettings({ profile: hostSettings.profile }, { environment }).profile
  const profileName = chosen ?? profiles.active
  return { environment, profile: inspectProfile(profiles, profileName), profileName, home }
}
