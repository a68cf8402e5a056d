import { RequestInvalid } from './validation.ts'

/** Reads the body of a request as JSON. An empty one is undefined; another content type than JSON stays text, and fails its schema. */
export function parseBody(raw: Buffer | undefined, contentType: string | undefined): unknown {
  if (!raw || raw.length === 0) return undefined
  const text = raw.toString('utf8')
  if (contentType && !/^application\/([\w.-]+\+)?json\b/i.test(contentType.trim())) return text
  try {
    return JSON.parse(text)
  } catch {
    const { position, error } = locateJsonError(text)
    throw new RequestInvalid(
      [{ type: 'json_invalid', loc: ['body', position], msg: 'JSON decode error', input: {}, ctx: { error } }],
      text,
    )
  }
}

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

const MAX_DEPTH = 500

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
