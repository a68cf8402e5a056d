import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'

/** What the three files must look like. A row that does not fit is an error with its line. */
export const tables = {
  'seattle-weather.csv': z.object({
    date: z.iso.date(),
    precipitation: z.coerce.number().min(0),
    temp_max: z.coerce.number(),
    temp_min: z.coerce.number(),
    wind: z.coerce.number().min(0),
    weather: z.enum(['rain', 'sun', 'fog', 'drizzle', 'snow']),
  }),
  'airports.csv': z.object({
    iata: z.string().min(3),
    name: z.string(),
    city: z.string(),
    state: z.string(),
    country: z.string(),
    latitude: z.coerce.number(),
    longitude: z.coerce.number(),
  }),
  'flights-airport.csv': z.object({ origin: z.string(), destination: z.string(), count: z.coerce.number().int().positive() }),
} as const

export type TableName = keyof typeof tables
export type Day = z.output<(typeof tables)['seattle-weather.csv']>
export type Airport = z.output<(typeof tables)['airports.csv']>
export type Route = z.output<(typeof tables)['flights-airport.csv']>

/** Reads and checks one file. */
export async function readTable<Name extends TableName>(folder: string, name: Name): Promise<z.output<(typeof tables)[Name]>[]> {
  const rows: unknown[] = parse(await readFile(join(folder, name), 'utf8'), { columns: true, skip_empty_lines: true })
  return rows.map((row, index) => {
    const checked = tables[name].safeParse(row)
    if (checked.success) return checked.data as z.output<(typeof tables)[Name]>
    throw new Error(`${name}, line ${index + 2}: ${z.prettifyError(checked.error)}`)
  })
}
