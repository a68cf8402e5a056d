import type { TrafficFigures, WeatherFigures } from './figures.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** One page with charts, without scripts or anything from outside. */
export function renderReport(weather: WeatherFigures, traffic: TrafficFigures): string {
  const kinds = Object.entries(weather.daysByWeather).sort(([, a], [, b]) => b - a)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Seattle weather and air traffic</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b2733 }
  h1 { font-size: 1.6rem } h2 { font-size: 1.15rem; margin-top: 2rem }
  .figures { display: flex; flex-wrap: wrap; gap: 1rem } .figures div { background: #f1f5f8; border-radius: 8px; padding: .8rem 1.1rem }
  .figures b { display: block; font-size: 1.4rem } svg { width: 100%; height: auto } text { font: 12px system-ui, sans-serif; fill: #1b2733 }
</style></head><body>
<h1>Seattle weather and air traffic</h1>
<div class="figures">
${[
  [weather.days.toLocaleString('en'), 'days'],
  [`${weather.precipitationMm.toLocaleString('en', { minimumFractionDigits: 1 })} mm`, 'precipitation'],
  [`${weather.hottest.celsius} °C`, `hottest, ${weather.hottest.date}`],
  [traffic.airports.toLocaleString('en'), 'airports'],
  [traffic.flights.toLocaleString('en'), `flights on ${traffic.routes.toLocaleString('en')} routes`],
]
  .map(([figure, label]) => `<div><b>${figure}</b>${label}</div>`)
  .join('\n')}
</div>
<h2>Precipitation by month, mm</h2>
${columnChart(weather.months.map(({ month, precipitationMm }) => [MONTHS[month - 1]!, precipitationMm]))}
<h2>Days by weather</h2>
${barChart(kinds)}
<h2>Busiest airports, departing flights</h2>
${barChart(traffic.departures.slice(0, 10).map(({ iata, name, flights }) => [`${iata}  ${name}`, flights]))}
</body></html>
`
}

function columnChart(values: [string, number][]): string {
  const highest = Math.max(...values.map(([, value]) => value))
  const columns = values.map(([label, value], index) => {
    const height = (value / highest) * 180
    const x = 20 + index * 62
    return `<rect x="${x}" y="${200 - height}" width="44" height="${height}" rx="3" fill="#2f7ea8"/>
<text x="${x + 22}" y="${194 - height}" text-anchor="middle">${Math.round(value)}</text><text x="${x + 22}" y="218" text-anchor="middle">${label}</text>`
  })
  return `<svg viewBox="0 0 780 230" role="img">${columns.join('\n')}</svg>`
}

function barChart(values: [string, number][]): string {
  const longest = Math.max(...values.map(([, value]) => value))
  const bars = values.map(([label, value], index) => {
    const y = 8 + index * 26
    const width = (value / longest) * 420
    return `<text x="0" y="${y + 14}">${escapeText(label)}</text><rect x="250" y="${y}" width="${width}" height="18" rx="3" fill="#d98032"/>
<text x="${258 + width}" y="${y + 14}">${value.toLocaleString('en')}</text>`
  })
  return `<svg viewBox="0 0 780 ${values.length * 26 + 10}" role="img">${bars.join('\n')}</svg>`
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
