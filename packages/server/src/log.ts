import { type Logger, pino } from 'pino'
import type { ServerSettings } from './settings.ts'

/** The server's own log: one JSON object a line, on standard error unless another stream is given. */
export function buildLog(settings: Pick<ServerSettings, 'logLevel'>, stream: NodeJS.WritableStream = process.stderr): Logger {
  return pino({ level: settings.logLevel, base: null }, stream)
}
