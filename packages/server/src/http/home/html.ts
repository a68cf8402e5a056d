/** Text that is HTML already. Everything else is escaped where it enters a page. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Builds HTML; values are escaped unless they are Html themselves, lists are joined. */
export function html(parts: TemplateStringsArray, ...values: unknown[]): Html {
  return new Html(parts.reduce((text, part, index) => text + toHtml(values[index - 1]) + part))
}

function toHtml(value: unknown): string {
  if (value instanceof Html) return value.text
  if (Array.isArray(value)) return value.map(toHtml).join('')
  if (value === null || value === undefined || value === false) return ''
  return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character]!)
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const STYLE = new Html(`
:root { color-scheme: light dark; --line: #8883; --soft: #8888; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; } .soft, .empty { color: GrayText; } code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0; padding: .5rem; border: 1px solid var(--line); border-radius: 4px; }
.state { display: inline-block; padding: 0 .5rem; border-radius: 1rem; border: 1px solid var(--soft); font-size: 13px; white-space: nowrap; }
.COMPLETED { border-color: #2a7; } .FAILED, .CRASHED { border-color: #c33; } .RUNNING { border-color: #27c; } .PENDING, .SCHEDULED { border-color: #b80; }
details { border-bottom: 1px solid var(--line); padding: .3rem 0; } summary { cursor: pointer; } .method { display: inline-block; min-width: 4.5rem; font-weight: 600; }
.scroll { overflow-x: auto; }
`)

/** A whole page with our little style and without scripts. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${STYLE}</style></head>
<body>${body}</body>
</html>
`.text
}
