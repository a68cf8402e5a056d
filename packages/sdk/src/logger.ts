import { inspect } from 'node:util'
import { LOG_LEVELS } from './log-levels.ts'

export type LogLevel = keyof typeof LOG_LEVELS

/** Writes to the console and, while a run is recorded, to the run's logs. Values are shown as `console.log` shows them. */
export type RunLogger = {
  debug(...values: unknown[]): void
  info(...values: unknown[]): void
  warning(...values: unknown[]): void
  error(...values: unknown[]): void
  critical(...values: unknown[]): void
}

/** One line, before it is written anywhere. */
export type LogLine = { level: number; message: string }

/** A logger that hands every line at or above a level on. */
export function createLogger(minimumLevel: number, write: (line: LogLine) => void): RunLogger {
  const at =
    (level: number) =>
    (...values: unknown[]) => {
      if (level >= minimumLevel) write({ level, message: values.map(show).join(' ') })
    }
  return {
    debug: at(LOG_LEVELS.debug),
    info: at(LOG_LEVELS.info),
    warning: at(LOG_LEVELS.warning),
    error: at(LOG_LEVELS.error),
    critical: at(LOG_LEVELS.critical),
  }
}

/** The line as people read it: `10:20:30.123 | INFO    | Flow run 'quiet-heron' - text`. */
export function formatConsoleLine(line: LogLine, prefix: string, now: Date = new Date()): string {
  const name = Object.entries(LOG_LEVELS).find(([, level]) => level === line.level)?.[0] ?? String(line.level)
  const two = (value: number) => String(value).padStart(2, '0')
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}.${String(now.getMilliseconds()).padStart(3, '0')}`
  return `${time} | ${name.toUpperCase().padEnd(7)} | ${prefix} - ${line.message}`
}

function show(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Error) return withoutOwnFrames(value.stack ?? String(value))
  return inspect(value, { depth: 4 })
}

const OWN_FOLDER = new URL('.', import.meta.url).href

/** A stack is about the user's code: frames of this package and of Node say nothing about it. */
function withoutOwnFrames(stack: string): string {
  const isOwn = (line: string) => /^\s+at /.test(line) && (line.includes(OWN_FOLDER) || line.includes('(node:'))
  return stack
    .split('\n')
    .filter((line) => !isOwn(line))
    .join('\n')
}
