import { type ApiClient, createClient } from '@aedile/core/client/client'
import { createNodeFetch } from '@aedile/core/client/node-fetch'
import { clientSettings } from '@aedile/core/settings/client'
import { toClientOptions } from '@aedile/core/settings/client-options'
import type { SettingGroup, SettingValues } from '@aedile/core/settings/define'
import { hostSettings } from '@aedile/core/settings/host'
import { type NodeSources, readSources } from '@aedile/core/settings/node'
import { readSettings, rejectUnknownSettings } from '@aedile/core/settings/read'
import { allSettings } from './setting-groups.ts'
import { createPrinter, type Printer } from './text/printer.ts'

/** What every command gets. Settings are read here and nowhere else in the command line. */
export type CliContext = {
  readonly print: Printer
  readonly sources: NodeSources
  readonly client: ApiClient
  readonly apiUrl: string
  /** Packages of infrastructures beside those that `aedile` depends on. */
  readonly infrastructures: string[]
  settings<Group extends SettingGroup>(group: Group): SettingValues<Group>
}

/** The API that is used when none is set: a server of this machine on its default port. */
export const DEFAULT_API_URL = 'http://127.0.0.1:4200/api'

/** The options that every command has. */
export type GlobalOptions = { json?: boolean; profile?: string; apiUrl?: string }

/** Reads the settings and makes the printer and the client. Nothing is sent before a command asks. */
export function createContext(options: GlobalOptions): CliContext {
  return buildContext(readSources(options.profile === undefined ? {} : { profile: options.profile }), options)
}

/** Makes a context of settings that were read. */
export function buildContext(sources: NodeSources, options: Pick<GlobalOptions, 'json' | 'apiUrl'>): CliContext {
  rejectUnknownSettings(allSettings(), sources)
  const settings = <Group extends SettingGroup>(group: Group) => readSettings(group, sources)
  const client = settings(clientSettings)
  const host = settings(hostSettings)
  const apiUrl = options.apiUrl ?? client.apiUrl ?? DEFAULT_API_URL
  return {
    sources,
    settings,
    apiUrl,
    infrastructures: host.infrastructures,
    print: createPrinter({
      isJson: options.json === true,
      isTerminal: process.stdout.isTTY === true,
      noColor: Boolean(sources.environment.NO_COLOR),
      write: (text) => void process.stdout.write(text),
      writeError: (text) => void process.stderr.write(text),
    }),
    client: createClient({ ...toClientOptions(client, apiUrl), fetch: createNodeFetch() }),
  }
}
