import { isUtf8 } from 'node:buffer'
import { keepNumberText } from './number-text.ts'
import { HttpError } from './route.ts'
import { RequestInvalid } from './validation.ts'

/** How deep values may be nested; a genuine server gives up at a like depth. */
const MAX_DEPTH = 500

/** Reads the body of a request as JSON. An empty one is undefined; another content type than JSON stays text, and fails its schema. */
export function parseBody(raw: Buffer | undefined, contentType: string | undefined): unknown {
  if (!raw || raw.length === 0) return undefined
  // Decoding would replace what is no UTF-8, and store another text than was sent.
  if (!isUtf8(raw)) throw new HttpError(400, 'There was an error parsing the body: it is not UTF-8.')
  const text = raw.toString('utf8')
  if (contentType && !/^application\/([\w.-]+\+)?json\b/i.test(contentType.trim())) return text
  // Deeper values parse, and then overflow the stack of whoever walks them: schema, answer, client.
  if (isTooDeep(raw)) refuse(text)
  try {
    const body: unknown = JSON.parse(text)
    keepNumberText(text, body)
    return body
  } catch {
    refuse(text)
  }
}

function refuse(text: string): never {
  const { position, error } = locateJsonError(text)
  throw new RequestInvalid(
    [{ type: 'json_invalid', loc: ['body', position], msg: 'JSON decode error', input: {}, ctx: { error } }],
    text,
  )
}

/** Whether brackets nest deeper than we read. Bytes, because a body of megabytes passes here before it is parsed. */
function isTooDeep(raw: Buffer): boolean {
  if (raw.length <= 2 * MAX_DEPTH) return false
  let depth = 0
  for (let at = 0, isText = false; at < raw.length; at++) {
    const byte = raw[at]
    if (isText) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) isText = false
    } else if (byte === QUOTE) isText = true
    else if (byte === BRACE_OPEN || byte === BRACKET_OPEN) {
      if (++depth > MAX_DEPTH) return true
    } else if (byte === BRACE_CLOSE || byte === BRACKET_CLOSE) depth--
  }
  return false
}

const [QUOTE, BACKSLASH, BRACE_OPEN, BRACE_CLOSE, BRACKET_OPEN, BRACKET_CLOSE] = Buffer.from('"\\{}[]')

type JsonFault = { position: number; error: string }

/** Finds where a text stops being JSON, in the words and at the offset that genuine servers report. */
export function locateJsonError(text: string): JsonFault {
  const scanner = new JsonScanner(text)
  try {
    scanner.document()
  } catch (fault) {
    if (fault instanceof ScanFault) return { position: fault.position, error: fault.message }
    throw fault
  }
  return { position: 0, error: 'Expecting value' }
}

class ScanFault extends Error {
  readonly position: number
  constructor(message: string, position: number) {
    super(message)
    this.position = position
  }
}

class JsonScanner {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): void {
    this.#blank()
    this.#value()
    this.#blank()
    if (this.#at < this.#text.length) this.#fault('Extra data')
  }

  #value(): void {
    const character = this.#text[this.#at]
    if (character === '{') this.#nested(() => this.#object())
    else if (character === '[') this.#nested(() => this.#array())
    else if (character === '"') this.#string()
    else this.#scalar()
  }

  #scalar(): void {
    const scalar = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y
    scalar.lastIndex = this.#at
    const match = scalar.exec(this.#text)
    if (!match) this.#fault('Expecting value')
    this.#at += match[0].length
  }

  #nested(read: () => void): void {
    if (++this.#depth > MAX_DEPTH) this.#fault('Too deeply nested')
    this.#at++
    read()
    this.#depth--
  }

  #object(): void {
    this.#blank()
    if (this.#take('}')) return
    for (;;) {
      if (this.#text[this.#at] !== '"') this.#fault('Expecting property name enclosed in double quotes')
      this.#string()
      this.#blank()
      if (!this.#take(':')) this.#fault("Expecting ':' delimiter")
      this.#blank()
      this.#value()
      this.#blank()
      if (this.#take('}')) return
      if (!this.#take(',')) this.#fault("Expecting ',' delimiter")
      this.#blank()
    }
  }

  #array(): void {
    this.#blank()
    if (this.#take(']')) return
    for (;;) {
      this.#value()
      this.#blank()
      if (this.#take(']')) return
      if (!this.#take(',')) this.#fault("Expecting ',' delimiter")
      this.#blank()
    }
  }

  #string(): void {
    const start = this.#at++
    for (;;) {
      const character = this.#text[this.#at]
      if (character === undefined) this.#fault('Unterminated string starting at', start)
      if (character === '"') break
      if (character < ' ') this.#fault('Invalid control character at')
      if (character === '\\') {
        const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
        escaped.lastIndex = this.#at
        const match = escaped.exec(this.#text)
        if (!match) this.#fault('Invalid \\escape')
        this.#at += match[0].length
      } else this.#at++
    }
    this.#at++
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #blank(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? 'x')) this.#at++
  }

  #fault(message: string, position = this.#at): never {
    throw new ScanFault(message, position)
  }
}
