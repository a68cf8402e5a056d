import type { Minute, SoakReport } from './soak.ts'

/** A soak as a table of its minutes, and how its last third compares with its first after the first deletion. */
export function printSoak({ database, minutes, rate, best, keptMinutes }: SoakReport): string {
  const of = best === null ? '' : `, half of ${best.toFixed(0)} measured just before`
  const title = `Soak on ${database === 'sqlite' ? 'SQLite' : 'Postgres'}: ${rate} runs/s${of}; finished runs and events are kept for ${keptMinutes.toFixed(1)} minutes.`
  const heads = [
    'minute',
    'runs/s',
    'p50 / p95 / p99 of a request',
    'errors',
    'server cores',
    'memory (most)',
    'database',
    'runs',
    'states',
    'events',
  ]
  const rows = minutes.map((one) => [
    String(one.minute),
    one.perSecond.toFixed(0),
    `${[one.p50, one.p95, one.p99].map((value) => value.toFixed(1)).join(' / ')} ms`,
    Object.entries(one.errors)
      .map(([name, count]) => `${count} x ${name}`)
      .join(', ') || 'none',
    one.serverCores.toFixed(2),
    `${one.memory.toFixed(0)} (${one.mostMemory.toFixed(0)}) MiB`,
    `${one.databaseMebibytes.toFixed(0)} MiB`,
    ...['flow_run', 'flow_run_state', 'event'].map((table) => (one.rows[table] ?? 0).toLocaleString('en')),
  ])
  const table = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
  const trend = describeTrend(minutes.filter(({ minute }) => minute > keptMinutes + 1))
  return [title, table, ...(trend === null ? [] : [trend])].join('\n\n')
}

/** What grew from the first third of these minutes to the last; null when they are too few to say. */
export function describeTrend(minutes: Minute[]): string | null {
  const third = Math.floor(minutes.length / 3)
  if (third === 0) return null
  const [first, last] = [minutes.slice(0, third), minutes.slice(-third)]
  const compare = (name: string, unit: string, read: (minute: Minute) => number) => {
    const [before, after] = [median(first.map(read)), median(last.map(read))]
    return `${name} ${before.toFixed(1)} -> ${after.toFixed(1)} ${unit} (${after >= before ? '+' : ''}${((after / before - 1) * 100).toFixed(0)} %)`
  }
  return `While old runs are deleted, medians of the first third of the minutes -> of the last: ${[
    compare('memory', 'MiB', ({ memory }) => memory),
    compare('p99', 'ms', ({ p99 }) => p99),
    compare('database', 'MiB', ({ databaseMebibytes }) => databaseMebibytes),
    compare('runs', 'rows', ({ rows }) => rows.flow_run ?? 0),
  ].join('; ')}.`
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)]!
}
