import type { Airport, Day, Route } from './tables.ts'

export type WeatherFigures = {
  days: number
  precipitationMm: number
  hottest: { date: string; celsius: number }
  daysByWeather: Record<string, number>
  /** Millimetres of precipitation and mean of the daily maximum, by month 1 to 12. */
  months: { month: number; precipitationMm: number; meanMaximumCelsius: number }[]
}

/** Works up the days of one place. */
export function summarizeWeather(days: Day[]): WeatherFigures {
  const hottest = days.reduce((best, day) => (day.temp_max > best.temp_max ? day : best))
  const daysByWeather: Record<string, number> = {}
  for (const day of days) daysByWeather[day.weather] = (daysByWeather[day.weather] ?? 0) + 1
  return {
    days: days.length,
    precipitationMm: round(sum(days.map((day) => day.precipitation))),
    hottest: { date: hottest.date, celsius: hottest.temp_max },
    daysByWeather,
    months: Array.from({ length: 12 }, (_, index) => {
      const inMonth = days.filter((day) => Number(day.date.slice(5, 7)) === index + 1)
      return {
        month: index + 1,
        precipitationMm: round(sum(inMonth.map((day) => day.precipitation))),
        meanMaximumCelsius: round(sum(inMonth.map((day) => day.temp_max)) / inMonth.length),
      }
    }),
  }
}

export type TrafficFigures = {
  airports: number
  routes: number
  flights: number
  /** Departing flights by airport, busiest first. */
  departures: { iata: string; name: string; flights: number }[]
}

/** Works up flights between airports. */
export function summarizeTraffic(airports: Airport[], routes: Route[]): TrafficFigures {
  const names = new Map(airports.map((airport) => [airport.iata, airport.name]))
  const flights = new Map<string, number>()
  for (const route of routes) flights.set(route.origin, (flights.get(route.origin) ?? 0) + route.count)
  const departures = [...flights]
    .map(([iata, count]) => ({ iata, name: names.get(iata) ?? iata, flights: count }))
    .sort((a, b) => b.flights - a.flights)
  return { airports: airports.length, routes: routes.length, flights: sum(routes.map((route) => route.count)), departures }
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
