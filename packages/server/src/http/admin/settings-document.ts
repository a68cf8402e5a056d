import { type ServerSettings, serverSettings } from '../../settings.ts'

const MASK = '********'

/** The settings as an answer shows them: by name in the environment, secrets masked. */
export function toSettingsDocument(settings: ServerSettings): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(serverSettings).map(([field, { name, secret }]) => {
      const value = settings[field as keyof ServerSettings]
      return [name, secret && value !== null && value !== '' ? MASK : value]
    }),
  )
}
