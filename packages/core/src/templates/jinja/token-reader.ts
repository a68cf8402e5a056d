import { JinjaError, type Token, tokenize } from './tokens.ts'

/** How deep expressions and blocks may stand in each other; Python's own limit is near. */
const MOST_DEPTH = 100

/** Goes through the tokens of a template, and refuses what is not expected. */
export class TokenReader {
  readonly #tokens: Token[]
  #at = 0
  #depth = 0

  constructor(source: string) {
    this.#tokens = tokenize(source)
  }

  /** Whether nothing is left. */
  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  /** The token behind the next one. */
  peekSecond(): Token | undefined {
    return this.#tokens[this.#at + 1]
  }

  /** Whether the next token is this operator. */
  peekOperator(operator: string): boolean {
    const token = this.peek()
    return token?.kind === 'operator' && token.text === operator
  }

  /** Reads what stands inside something else, within bounds. */
  nested<Result>(read: () => Result): Result {
    this.#depth += 1
    if (this.#depth > MOST_DEPTH) throw new JinjaError(`it is nested more than ${MOST_DEPTH} levels deep`)
    const result = read()
    this.#depth -= 1
    return result
  }

  /** The next token, which stays. */
  peek(): Token | undefined {
    return this.#tokens[this.#at]
  }

  /** The next token, which must be there. */
  take(): Token {
    const token = this.#tokens[this.#at]
    if (!token) throw new JinjaError('unexpected end of template')
    this.#at += 1
    return token
  }

  /** Takes the next token if it is this operator. */
  skip(operator: string): boolean {
    const token = this.peek()
    if (token?.kind !== 'operator' || token.text !== operator) return false
    this.#at += 1
    return true
  }

  /** Whether the next token is this word. */
  peekName(name: string): boolean {
    const token = this.peek()
    return token?.kind === 'name' && token.text === name
  }

  /** Takes the next token if it is this word. */
  skipName(name: string): boolean {
    if (!this.peekName(name)) return false
    this.#at += 1
    return true
  }

  /** Takes this operator. */
  expect(operator: string): void {
    if (!this.skip(operator))
      throw new JinjaError(`expected token '${operator}', got '${this.peek()?.text ?? 'end of template'}'`)
  }

  /** Takes this word. */
  expectName(name: string): void {
    if (!this.skipName(name)) throw new JinjaError(`expected token '${name}', got '${this.peek()?.text ?? 'end of template'}'`)
  }

  /** Takes a token of this kind. */
  expectKind(kind: Token['kind']): Token {
    const token = this.peek()
    if (token?.kind !== kind) {
      throw new JinjaError(`expected token '${TOKEN_NAMES[kind] ?? kind}', got '${token?.text ?? 'end of template'}'`)
    }
    this.#at += 1
    return token
  }
}

const TOKEN_NAMES: { [kind: string]: string } = { 'print-end': 'end of print statement', 'block-end': 'end of statement block' }
