import { isAedileError } from '@aedile/core/errors'
import pino, { type Logger } from 'pino'

/** The log of a server or worker: lines for people on a terminal, JSON otherwise. Goes to stderr. */
export function createLog(level: string, options: { isTerminal: boolean }): Logger {
  const facts = { level, base: null, serializers: { err: describeError } }
  if (!options.isTerminal)
    return pino({ ...facts, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }))
  const lines = { write: (line: string) => void process.stderr.write(readableLine(line)) }
  return pino(facts, lines)
}

/** An error of the catalogue says all in its sentence; a stack is for bugs of ours. */
function describeError(error: Error): object {
  if (isAedileError(error)) return { code: error.code, message: error.message }
  return pino.stdSerializers.err(error)
}

/** A log that goes to a file, for a process whose terminal shows something else. */
export function createFileLog(level: string, path: string): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: path, sync: true, mkdir: true, mode: 0o600 }),
  )
}

const LEVELS: Record<number, string> = { 10: 'TRACE', 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' }

function readableLine(line: string): string {
  const { level, time, msg, err, ...rest } = JSON.parse(line) as {
    level: number
    time: number
    msg?: string
    err?: { message?: string; stack?: string }
  }
  const clock = new Date(time).toTimeString().slice(0, 8)
  const facts = Object.entries(rest).map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const fault = err ? ` (${level >= 50 ? (err.stack ?? err.message) : err.message})` : ''
  return `${clock} ${(LEVELS[level] ?? String(level)).padEnd(5)} ${msg ?? ''}${fault}${level >= 40 ? facts.join('') : ''}\n`
}
