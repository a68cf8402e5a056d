import { MICROSECONDS_PER_SECOND, type Microseconds } from '@aedile/core/time'

/** Runs a statement and returns its rows. */
export type Run = (sql: string) => Promise<Record<string, unknown>[]>

/** The partitioned tables, each with the column that says the day. */
export const PARTITIONED = [
  { table: 'log', column: 'timestamp' },
  { table: 'event', column: 'occurred' },
  { table: 'event_resource', column: 'occurred' },
] as const

export type Partitioned = (typeof PARTITIONED)[number]
export type Partition = { name: string; from: Microseconds; until: Microseconds }

const DAY = 86_400 * MICROSECONDS_PER_SECOND
const DAYS_AHEAD = 3

/**
 * Makes the partitions of the day of `now` and of the days after it, where they are missing. A day that already has rows in
 * the default partition (the services stood still, or a client's clock is ahead) takes them with it.
 * @returns the names of those that were made.
 */
export async function makePartitions(run: Run, now: Microseconds, daysAhead = DAYS_AHEAD): Promise<string[]> {
  const made: string[] = []
  for (const partitioned of PARTITIONED) {
    const known = new Set((await listPartitions(run, partitioned.table)).map((partition) => partition.name))
    for (let day = 0; day <= daysAhead; day++) {
      const from = Math.floor(now / DAY) * DAY + day * DAY
      const name = partitionName(partitioned.table, from)
      if (known.has(name)) continue
      await makePartition(run, partitioned, { name, from, until: from + DAY })
      made.push(name)
    }
  }
  return made
}

/** The days that a table has partitions for, oldest first. */
export async function listPartitions(run: Run, table: Partitioned['table']): Promise<Partition[]> {
  const rows = await run(
    `select child.relname::text as name from pg_inherits join pg_class child on child.oid = inhrelid
     where inhparent = '${table}'::regclass order by child.relname`,
  )
  return rows.flatMap((row) => {
    const match = new RegExp(`^${table}_(\\d{4})(\\d{2})(\\d{2})$`).exec(String(row.name))
    if (!match) return []
    const from = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) * 1000
    return [{ name: match[0], from, until: from + DAY }]
  })
}

async function makePartition(run: Run, { table, column }: Partitioned, { name, from, until }: Partition): Promise<void> {
  const rest = `${table}_default`
  const inDay = `${column} >= ${from} and ${column} < ${until}`
  // Nobody may add rows of this day to the default partition between moving and attaching.
  await run(`lock table ${rest} in access exclusive mode`)
  await run(`create table ${name} (like ${table} including defaults including constraints)`)
  await run(`with moved as (delete from ${rest} where ${inDay} returning *) insert into ${name} select * from moved`)
  await run(`alter table ${table} attach partition ${name} for values from (${from}) to (${until})`)
}

function partitionName(table: string, from: Microseconds): string {
  return `${table}_${new Date(from / 1000).toISOString().slice(0, 10).replaceAll('-', '')}`
}
