import type { SettingDefinition } from '@aedile/core/settings/define'
import { parseSetting } from '@aedile/core/settings/read'
import { type ServerSettings, serverSettings } from '@aedile/server/settings'
import type { CliContext } from '../cli-context.ts'

export type ServerOptions = { host?: string; port?: string; database?: string; insecure?: boolean; logLevel?: string }

/** The server's settings with a command's options over them; an option is checked like the setting that it stands for. */
export function readServerSettings(context: CliContext, options: ServerOptions): ServerSettings {
  const settings = { ...context.settings(serverSettings), home: context.sources.home }
  const given: [keyof ServerSettings, string, string | undefined][] = [
    ['host', '--host', options.host],
    ['port', '--port', options.port],
    ['databaseUrl', '--database', options.database],
    ['logLevel', '--log-level', options.logLevel],
    ['insecure', '--insecure', options.insecure ? 'true' : undefined],
  ]
  const overrides = given.flatMap(([field, name, text]) => {
    if (text === undefined) return []
    const definition = serverSettings[field] as SettingDefinition<unknown>
    return [[field, parseSetting(definition, { text, name, where: 'command line' })]]
  })
  return { ...settings, ...Object.fromEntries(overrides) }
}
