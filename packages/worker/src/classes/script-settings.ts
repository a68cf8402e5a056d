import { type ApiClient, createClient } from '@aedile/core/client/client'
import { AedileError } from '@aedile/core/errors'
import { clientSettings } from '@aedile/core/settings/client'
import { toClientOptions } from '@aedile/core/settings/client-options'
import { exportSettings } from '@aedile/core/settings/export'
import { type NodeSources, readSources } from '@aedile/core/settings/node'
import { readSettings } from '@aedile/core/settings/read'

/** Where the settings of a script come from: its environment and the profile in use. */
export type ScriptSources = NodeSources

/** Reads the sources anew, as a script may change its environment. The one place of the classes that reads them. */
export function readScriptSources(): ScriptSources {
  return readSources()
}

/** The Prefect settings that were explicitly set, as variables. Defaults are not among them. */
export function baseEnvironment(sources: ScriptSources): Record<string, string> {
  const exported = exportSettings(clientSettings, sources)
  return Object.fromEntries(Object.entries(exported).filter(([name]) => name.startsWith('PREFECT_')))
}

/**
 * A client of the API that the settings name.
 * @throws AedileError `setting_invalid` when they name none.
 */
export function openScriptClient(sources: ScriptSources = readScriptSources()): ApiClient {
  const settings = readSettings(clientSettings, sources)
  if (settings.apiUrl === null) {
    const why = 'it is not set, and blocks are kept by a server. Set it, e.g. to http://127.0.0.1:4200/api, or pass `client`'
    throw new AedileError('setting_invalid', { name: 'AEDILE_API_URL', where: `profile ${sources.profileName}`, why })
  }
  return createClient(toClientOptions(settings, settings.apiUrl))
}
