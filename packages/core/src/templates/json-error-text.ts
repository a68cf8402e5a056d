/**
 * Says what is wrong with a text that is no JSON, in the words of Python's json, which clients show. Null when it finds
 * nothing wrong. Reads only as far as the first error.
 */
export function findJsonError(text: string): string | null {
  const characters = [...text]
  try {
    if (characters[0] === '\ufeff') throw new JsonTextError('Unexpected UTF-8 BOM (decode using utf-8-sig)', 0)
    const end = skipBlanks(characters, readValue(characters, skipBlanks(characters, 0)))
    if (end < characters.length) throw new JsonTextError('Extra data', end)
    return null
  } catch (error) {
    if (error instanceof RangeError) return 'it is nested too deeply'
    if (!(error instanceof JsonTextError)) throw error
    const before = characters.slice(0, error.at)
    const lineStart = before.lastIndexOf('\n') + 1
    const line = before.filter((character) => character === '\n').length + 1
    return `${error.message}: line ${line} column ${error.at - lineStart + 1} (char ${error.at})`
  }
}

class JsonTextError extends Error {
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

function skipBlanks(text: string[], at: number): number {
  let end = at
  while (end < text.length && ' \t\n\r'.includes(text[end]!)) end += 1
  return end
}

/** Reads one value and returns the place after it. */
function readValue(text: string[], at: number): number {
  const first = text[at]
  if (first === '"') return readString(text, at)
  if (first === '{') return readMembers(text, at, '}')
  if (first === '[') return readMembers(text, at, ']')
  const scalar = /^(null|true|false|NaN|-?Infinity|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)/.exec(text.slice(at, at + 400).join(''))
  if (!scalar) throw new JsonTextError('Expecting value', at)
  return at + scalar[0].length
}

function readMembers(text: string[], start: number, close: '}' | ']'): number {
  let at = skipBlanks(text, start + 1)
  if (text[at] === close) return at + 1
  for (;;) {
    at = skipBlanks(text, readValue(text, close === '}' ? readKey(text, at) : at))
    if (text[at] === close) return at + 1
    if (text[at] !== ',') throw new JsonTextError("Expecting ',' delimiter", at)
    at = skipBlanks(text, at + 1)
  }
}

function readKey(text: string[], at: number): number {
  if (text[at] !== '"') throw new JsonTextError('Expecting property name enclosed in double quotes', at)
  const end = skipBlanks(text, readString(text, at))
  if (text[end] !== ':') throw new JsonTextError("Expecting ':' delimiter", end)
  return skipBlanks(text, end + 1)
}

function readString(text: string[], start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at]!
    if (character === '"') return at + 1
    if (character < ' ') throw new JsonTextError('Invalid control character at', at)
    if (character !== '\\') continue
    const escaped = text[at + 1]
    if (escaped === undefined) break
    if (escaped === 'u') {
      if (!/^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6).join(''))) throw new JsonTextError('Invalid \\uXXXX escape', at + 1)
      at += 5
    } else if ('"\\/bfnrt'.includes(escaped)) at += 1
    else throw new JsonTextError('Invalid \\escape', at)
  }
  throw new JsonTextError('Unterminated string starting at', start)
}
