import { expected } from '../../examples/demo/expected.ts'
import type { TrafficFigures, WeatherFigures } from '../../examples/demo/figures.ts'

/** Compares what the flow found with figures that were computed elsewhere. Returns what differs. */
export function compareFigures(
  { weather, traffic }: { weather: WeatherFigures; traffic: TrafficFigures },
  commandLines: string[],
  say: (text: string) => void,
): string[] {
  const departures = new Map(traffic.departures.map(({ iata, flights }) => [iata, flights]))
  const found: Record<keyof typeof expected, string | number | undefined> = {
    'days of weather': weather.days,
    'mm of precipitation': weather.precipitationMm,
    'hottest day': `${weather.hottest.celsius} °C on ${weather.hottest.date}`,
    'days of rain': weather.daysByWeather.rain,
    'days of sun': weather.daysByWeather.sun,
    'days of fog': weather.daysByWeather.fog,
    'days of drizzle': weather.daysByWeather.drizzle,
    'days of snow': weather.daysByWeather.snow,
    airports: traffic.airports,
    routes: traffic.routes,
    flights: traffic.flights,
    'flights from ATL': departures.get('ATL'),
    'flights from ORD': departures.get('ORD'),
    'flights from DFW': departures.get('DFW'),
  }
  const wrong: string[] = []
  for (const [what, value] of Object.entries(expected)) {
    const own = found[what as keyof typeof expected]
    say(`  ${own === value ? 'as expected' : 'WRONG      '}  ${what.padEnd(20)} ${own?.toLocaleString('en')}`)
    if (own !== value) wrong.push(`${what}: expected ${value}, found ${own}`)
  }
  // wc counts the heading of each file too.
  for (const [file, lines] of [
    ['seattle-weather.csv', 1462],
    ['airports.csv', 3377],
    ['flights-airport.csv', 5367],
  ] as const) {
    if (!commandLines.some((line) => line.trim() === `${lines} ${file}`))
      wrong.push(`the command did not count ${lines} lines in ${file}`)
  }
  return wrong
}
