import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { flow, getRunLogger, task } from '@aedile/sdk'
import { z } from 'zod'
import { summarizeTraffic, summarizeWeather } from './figures.ts'
import { renderReport } from './report.ts'
import { type Airport, type Day, type Route, readTable, type TableName } from './tables.ts'

const triedBefore = new Set<TableName>()

/** Reads one table. The airports fail at the first try, as files on a far disk do, and are read at the second. */
const read = task(
  { name: 'read-table', retries: 2, retryDelaySeconds: 0.2, taskRunName: (name: TableName) => `read ${name}` },
  async (name: TableName, folder: string): Promise<unknown[]> => {
    if (name === 'airports.csv' && !triedBefore.has(name)) {
      triedBefore.add(name)
      throw new Error('the disk did not answer')
    }
    const rows = await readTable(folder, name)
    getRunLogger().info(`${name}: ${rows.length.toLocaleString('en')} rows, all as expected`)
    return rows
  },
)

const workUpWeather = task({ name: 'work-up-weather' }, async (days: Day[]) => summarizeWeather(days))
const workUpTraffic = task({ name: 'work-up-traffic' }, async (airports: Airport[], routes: Route[]) =>
  summarizeTraffic(airports, routes),
)

/** The subflow: writes the page and the figures. */
export const writeReport = flow(
  { name: 'write-report', parameters: z.object({ folder: z.string(), weather: z.any(), traffic: z.any() }) },
  async ({ folder, weather, traffic }) => {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'report.html'), renderReport(weather, traffic))
    await writeFile(join(folder, 'figures.json'), JSON.stringify({ weather, traffic }, null, 2))
    getRunLogger().info(`wrote ${join(folder, 'report.html')}`)
  },
)

/** Reads the tables with one mapped task, works them up, and has a subflow write the report. */
export const travelReport = flow(
  { name: 'travel-report', parameters: z.object({ data: z.string(), output: z.string() }) },
  async ({ data, output }) => {
    const names: TableName[] = ['seattle-weather.csv', 'airports.csv', 'flights-airport.csv']
    const [days, airports, routes] = (await read.map(names, data)) as [Day[], Airport[], Route[]]
    const [weather, traffic] = await Promise.all([workUpWeather(days), workUpTraffic(airports, routes)])
    await writeReport({ folder: output, weather, traffic })
    return { days: weather.days, flights: traffic.flights }
  },
)
