/** What is wrong with a Jinja template, or with what it does. */
export class JinjaError extends Error {}

/** `data` is text between the braces' parts; the others stand inside them. */
export type Token = {
  kind: 'data' | 'print-begin' | 'print-end' | 'block-begin' | 'block-end' | 'name' | 'string' | 'integer' | 'float' | 'operator'
  text: string
}

const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy
const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:\.(?:\d+_)*\d+(?:[eE][+-]?(?:\d+_)*\d+)?|[eE][+-]?(?:\d+_)*\d+)/y
const INTEGER = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/y
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+*/%~[\](){}<>=.:|,;]/y
const STRING = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/y
const BEGIN = /\{\{|\{%|\{#/g
const RAW_BEGIN = /\{%[-+]?\s*raw\s*-?%\}/y
const RAW_END = /\{%([-+]?)\s*endraw\s*([-+]?)%\}/g

/** Cuts a template into tokens, as Jinja does with its default settings: white space goes only where a minus says so. */
export function tokenize(source: string): Token[] {
  const text = source.replace(/\r\n?/g, '\n').replace(/\n$/, '')
  const tokens: Token[] = []
  let at = 0
  let strip = false
  const addData = (data: string) => {
    const kept = strip ? data.trimStart() : data
    strip = false
    if (kept !== '') tokens.push({ kind: 'data', text: kept })
  }
  while (at < text.length) {
    BEGIN.lastIndex = at
    const begin = BEGIN.exec(text)
    if (!begin) {
      addData(text.slice(at))
      break
    }
    const data = text.slice(at, begin.index)
    const sign = text[begin.index + 2]
    addData(sign === '-' ? data.trimEnd() : data)
    at = begin.index + 2 + (sign === '-' || sign === '+' ? 1 : 0)
    if (begin[0] === '{#') {
      const end = text.indexOf('#}', at)
      if (end < 0) throw new JinjaError('Missing end of comment tag')
      strip = text[end - 1] === '-'
      at = end + 2
      continue
    }
    RAW_BEGIN.lastIndex = begin.index
    const raw = begin[0] === '{%' ? RAW_BEGIN.exec(text) : null
    if (raw) {
      RAW_END.lastIndex = RAW_BEGIN.lastIndex
      const end = RAW_END.exec(text)
      if (!end) throw new JinjaError('Missing end of raw directive')
      strip = raw[0].endsWith('-%}')
      const inner = text.slice(RAW_BEGIN.lastIndex, end.index)
      addData(end[1] === '-' ? inner.trimEnd() : inner)
      strip = end[2] === '-'
      at = RAW_END.lastIndex
      continue
    }
    const isPrint = begin[0] === '{{'
    tokens.push({ kind: isPrint ? 'print-begin' : 'block-begin', text: begin[0] })
    const read = readInside(text, at, isPrint ? '}}' : '%}', tokens)
    strip = read.strip
    at = read.end
    tokens.push({ kind: isPrint ? 'print-end' : 'block-end', text: isPrint ? '}}' : '%}' })
  }
  return tokens
}

const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}' }

function readInside(text: string, start: number, close: string, tokens: Token[]): { end: number; strip: boolean } {
  const open: string[] = []
  let at = start
  for (;;) {
    while (/\s/.test(text[at] ?? 'x')) at += 1
    if (at >= text.length) throw new JinjaError(`unexpected end of template, expected '${close}'.`)
    if (open.length === 0) {
      const end = /[-+]/.test(text[at]!) && text.startsWith(close, at + 1) ? at + 1 : at
      if (text.startsWith(close, end)) return { end: end + close.length, strip: text[at] === '-' }
    }
    const token = readToken(text, at)
    if (token.kind === 'operator') {
      if (token.text in CLOSING) open.push(CLOSING[token.text]!)
      else if (')]}'.includes(token.text) && open.pop() !== token.text) throw new JinjaError(`unexpected '${token.text}'`)
    }
    at += token.length
    tokens.push({ kind: token.kind, text: token.text })
  }
}

function readToken(text: string, at: number): Token & { length: number } {
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  const float = match(FLOAT)
  if (float !== undefined) return { kind: 'float', text: float, length: float.length }
  const integer = match(INTEGER)
  if (integer !== undefined) return { kind: 'integer', text: integer, length: integer.length }
  const name = match(NAME)
  if (name !== undefined) return { kind: 'name', text: name, length: name.length }
  const quoted = match(STRING)
  if (quoted !== undefined) return { kind: 'string', text: unquote(quoted), length: quoted.length }
  const operator = match(OPERATOR)
  if (operator !== undefined) return { kind: 'operator', text: operator, length: operator.length }
  throw new JinjaError(`unexpected char '${[...text.slice(at, at + 2)][0]}' at ${at}`)
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', a: '\x07', '\n': '' }

/** The text of a string literal, with the escapes of Python. */
function unquote(literal: string): string {
  return literal
    .slice(1, -1)
    .replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3}|N\{|[\s\S])/g, (whole, escaped: string) => {
      if (/^[xuU]./.test(escaped)) {
        const code = Number.parseInt(escaped.slice(1), 16)
        if (code > 0x10ffff) throw new JinjaError('illegal Unicode character')
        return String.fromCodePoint(code)
      }
      if (/^[xuUN]/.test(escaped)) throw new JinjaError(`the escaped ${whole} is not supported`)
      if (/^[0-7]/.test(escaped)) return String.fromCharCode(Number.parseInt(escaped, 8))
      return ESCAPES[escaped] ?? ('\\\'"'.includes(escaped) ? escaped : whole)
    })
}
