import type { ClientOptions } from '../client/client.ts'
import type { ClientSettings } from './client.ts'

type ApiSettings = Pick<
  ClientSettings,
  'apiKey' | 'authString' | 'customHeaders' | 'requestTimeoutSeconds' | 'maxRetries' | 'csrfSupport'
>

/** The client that the settings describe, for the address that they name. */
export function toClientOptions(settings: ApiSettings, apiUrl: string): ClientOptions {
  return {
    apiUrl,
    apiKey: settings.apiKey,
    authString: settings.authString,
    customHeaders: settings.customHeaders,
    timeoutSeconds: settings.requestTimeoutSeconds,
    maxRetries: settings.maxRetries,
    csrf: settings.csrfSupport,
  }
}
