import { clientSettings } from '../settings/client.ts'
import type { SettingGroup } from '../settings/define.ts'

/** The secret settings of genuine clients and servers, some of which have no counterpart of ours. */
const GENUINE_SECRETS = [
  'PREFECT_API_AUTH_STRING',
  'PREFECT_API_DATABASE_CONNECTION_URL',
  'PREFECT_API_DATABASE_PASSWORD',
  'PREFECT_API_KEY',
  'PREFECT_SERVER_API_AUTH_STRING',
  'PREFECT_SERVER_DATABASE_CONNECTION_URL',
  'PREFECT_SERVER_DATABASE_PASSWORD',
]

/** The names of secret settings: the client's, those of the given groups, and the genuine ones. */
export function secretSettingNames(groups: readonly SettingGroup[] = []): Set<string> {
  const secret = [clientSettings, ...groups].flatMap((group) => Object.values(group)).filter((one) => one.secret)
  const named = secret.flatMap(({ name, fallback }) => (fallback ? [name, fallback] : [name]))
  return new Set<string>([...GENUINE_SECRETS, ...named])
}
