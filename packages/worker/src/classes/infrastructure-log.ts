import { clientSettings } from '@aedile/core/settings/client'
import { readSettings } from '@aedile/core/settings/read'
import { readScriptSources } from './script-settings.ts'

/** Where an infrastructure tells what it does; `console` is one, too. */
export interface InfrastructureLogger {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
type Level = 'debug' | 'info' | 'warn' | 'error'

/** Writes lines such as `12:00:00.000 | INFO  | prefect.infrastructure.process - ...` to the standard error. */
export class InfrastructureLog implements InfrastructureLogger {
  /** `prefect.infrastructure.<type>`. */
  readonly name: string
  readonly #write: (line: string) => void
  #least: number | null = null

  constructor(type: string, write: (line: string) => void = (line) => void process.stderr.write(line)) {
    this.name = `prefect.infrastructure.${type}`
    this.#write = write
  }

  debug(message: string): void {
    this.#tell('debug', message)
  }

  info(message: string): void {
    this.#tell('info', message)
  }

  warn(message: string): void {
    this.#tell('warn', message)
  }

  error(message: string): void {
    this.#tell('error', message)
  }

  #tell(level: Level, message: string): void {
    // Read at the first message: to import or to construct reads nothing.
    this.#least ??= LEVELS.indexOf(readSettings(clientSettings, readScriptSources()).logLevel)
    if (LEVELS.indexOf(level) < this.#least) return
    const clock = new Date().toISOString().slice(11, 23)
    this.#write(`${clock} | ${level.toUpperCase().padEnd(5)} | ${this.name} - ${message}\n`)
  }
}
