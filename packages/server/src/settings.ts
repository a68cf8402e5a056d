import { defaultsOf, type SettingValues, setting } from '@aedile/core/settings/define'
import { z } from 'zod'

/** The server's settings: schema, comment and default per field. */
export const serverSettings = {
  host: setting({
    name: 'AEDILE_SERVER_HOST',
    fallback: 'PREFECT_SERVER_API_HOST',
    description: 'The address that the server listens on.',
    schema: z.string().min(1),
    default: '127.0.0.1',
  }),
  port: setting({
    name: 'AEDILE_SERVER_PORT',
    fallback: 'PREFECT_SERVER_API_PORT',
    description: 'The port that the server listens on; 0 takes a free one.',
    schema: z.coerce.number().int().min(0).max(65535),
    default: 4200,
  }),
}

export type ServerSettings = SettingValues<typeof serverSettings>
export const defaultServerSettings: ServerSettings = defaultsOf(serverSettings)
