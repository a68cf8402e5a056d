import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ServerSettings } from '../settings.ts'

/** The directory of database, key and pid file. */
export function homeOf(settings: Pick<ServerSettings, 'home'>): string {
  return settings.home === '' ? join(homedir(), '.aedile') : settings.home
}

/** The database's URL; without a setting it is a file in the home directory. */
export function databaseUrlOf(settings: Pick<ServerSettings, 'home' | 'databaseUrl'>): string {
  return settings.databaseUrl === '' ? `sqlite://${join(homeOf(settings), 'aedile.db')}` : settings.databaseUrl
}
