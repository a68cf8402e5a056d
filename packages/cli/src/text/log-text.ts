import type { Log } from '@aedile/core/resources/log'
import type { Colors } from './printer.ts'

const LEVELS: [number, string][] = [
  [50, 'CRITICAL'],
  [40, 'ERROR'],
  [30, 'WARNING'],
  [20, 'INFO'],
  [0, 'DEBUG'],
]

/** A log line as people read it. */
export function logText(color: Colors, log: Log): string {
  const level = LEVELS.find(([from]) => log.level >= from)?.[1] ?? String(log.level)
  const paint = log.level >= 40 ? color.red : log.level >= 30 ? color.yellow : (text: string) => text
  return `${color.dim(log.timestamp.slice(11, 19))} ${paint(level.padEnd(7))} ${log.message}`
}
