import type { Frame } from './build-tree.ts'

const WIDTH = 1200
const ROW = 17
const TOP = 34
const BOTTOM = 24
/** Narrower than this a frame is not drawn, and nothing above it. */
const LEAST_WIDTH = 1.5
/** Deeper calls are not drawn either: their caller's width holds them. */
const MOST_ROWS = 48
const LETTER_WIDTH = 6.1

/** Whose code a frame is: the colours of the picture, for light and dark. */
const KINDS = {
  ours: { light: '#f2a65a', dark: '#b5651d', label: 'Aedile' },
  package: { light: '#8ecae6', dark: '#2a6f97', label: 'packages' },
  node: { light: '#b7d7a8', dark: '#4f7942', label: 'Node' },
  native: { light: '#d5c6e0', dark: '#6d597a', label: 'native, garbage collection' },
} as const
type Kind = keyof typeof KINDS

/** Draws a tree as an SVG: width is time, what is called stands under its caller. Readable in light and dark. */
export function drawFlameGraph(root: Frame, title: string): string {
  const boxes: string[] = []
  const scale = WIDTH / root.microseconds
  let deepest = 0
  const draw = (frame: Frame, start: number, depth: number) => {
    const width = frame.microseconds * scale
    if (width < LEAST_WIDTH || depth >= MOST_ROWS) return
    deepest = Math.max(deepest, depth)
    boxes.push(drawBox(frame, { x: start * scale, y: TOP + depth * ROW, width, share: frame.microseconds / root.microseconds }))
    let at = start
    for (const child of frame.children) {
      draw(child, at, depth + 1)
      at += child.microseconds
    }
  }
  let at = 0
  // The root is all of the time, and says nothing.
  for (const child of root.children) {
    draw(child, at, 0)
    at += child.microseconds
  }
  const height = TOP + (deepest + 1) * ROW + BOTTOM
  const seconds = (root.microseconds / 1e6).toFixed(1)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${toXml(title)}">
<style>
${STYLE}
</style>
<text x="4" y="16" class="title">${toXml(title)}: ${seconds} s at work</text>
${drawLegend()}
${boxes.join('\n')}
</svg>
`
}

function drawBox({ name, place }: Frame, { x, y, width, share }: { x: number; y: number; width: number; share: number }): string {
  const kind = kindOf(place)
  const letters = Math.floor((width - 4) / LETTER_WIDTH)
  const label = letters < 3 ? '' : name.length <= letters ? name : `${name.slice(0, letters - 1)}…`
  const hint = `${name}${place === '' ? '' : `, ${place}`}: ${(share * 100).toFixed(1)} %`
  const text = label === '' ? '' : `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${toXml(label)}</text>`
  return `<g><title>${toXml(hint)}</title><rect class="${kind}" x="${x.toFixed(1)}" y="${y}" width="${Math.max(width - 0.5, 0.3).toFixed(1)}" height="${ROW - 1}"/>${text}</g>`
}

function drawLegend(): string {
  let x = 560
  return Object.entries(KINDS)
    .map(([kind, { label }]) => {
      const drawn = `<rect class="${kind}" x="${x}" y="6" width="12" height="12"/><text x="${x + 16}" y="16">${label}</text>`
      x += 40 + label.length * LETTER_WIDTH
      return drawn
    })
    .join('')
}

function kindOf(place: string): Kind {
  if (place === '') return 'native'
  if (place.startsWith('packages/') || place.startsWith('infrastructures/')) return 'ours'
  return place.startsWith('node:') ? 'node' : 'package'
}

function toXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

const colours = (shade: 'light' | 'dark') =>
  Object.entries(KINDS)
    .map(([kind, colour]) => `.${kind} { fill: ${colour[shade]} }`)
    .join(' ')

const STYLE = `text { font: 11px monospace; fill: #1a1a1a } .title { font-weight: bold }
${colours('light')}
@media (prefers-color-scheme: dark) { text { fill: #f0f0f0 } ${colours('dark')} }`
