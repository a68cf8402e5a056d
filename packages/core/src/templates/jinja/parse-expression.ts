import type { Expression, Given } from './syntax.ts'
import type { TokenReader } from './token-reader.ts'
import { JinjaError, type Token } from './tokens.ts'

/** Reads expressions, from the weakest operator to the strongest. */
export class ExpressionParser {
  readonly #tokens: TokenReader

  constructor(tokens: TokenReader) {
    this.#tokens = tokens
  }

  /** One expression, or several with commas: a tuple. */
  tuple(withCondition = true): Expression {
    const one = () => (withCondition ? this.expression() : this.#or())
    const first = one()
    if (!this.#tokens.peekOperator(',')) return first
    const items = [first]
    while (this.#tokens.skip(',')) {
      const next = this.#tokens.peek()
      if (!next || next.kind.endsWith('-end') || (next.kind === 'operator' && next.text === ')')) break
      items.push(one())
    }
    return { kind: 'tuple', items }
  }

  /** One expression. */
  expression(): Expression {
    return this.#tokens.nested(() => {
      let value = this.#or()
      while (this.#tokens.skipName('if')) {
        const test = this.#or()
        value = { kind: 'condition', test, value, otherwise: this.#tokens.skipName('else') ? this.expression() : null }
      }
      return value
    })
  }

  #or(): Expression {
    let left = this.#and()
    while (this.#tokens.skipName('or')) left = { kind: 'logic', operator: 'or', left, right: this.#and() }
    return left
  }

  #and(): Expression {
    let left = this.#not()
    while (this.#tokens.skipName('and')) left = { kind: 'logic', operator: 'and', left, right: this.#not() }
    return left
  }

  #not(): Expression {
    if (this.#tokens.skipName('not')) return this.#tokens.nested(() => ({ kind: 'unary', operator: 'not', of: this.#not() }))
    const first = this.#sum()
    const rest: { operator: string; to: Expression }[] = []
    for (;;) {
      const token = this.#tokens.peek()
      if (token?.kind === 'operator' && ['==', '!=', '<', '>', '<=', '>='].includes(token.text)) {
        this.#tokens.take()
        rest.push({ operator: token.text, to: this.#sum() })
      } else if (this.#tokens.skipName('in')) rest.push({ operator: 'in', to: this.#sum() })
      else if (this.#tokens.peekName('not') && this.#tokens.peekSecond()?.text === 'in') {
        this.#tokens.take()
        this.#tokens.take()
        rest.push({ operator: 'not in', to: this.#sum() })
      } else return rest.length === 0 ? first : { kind: 'compare', first, rest }
    }
  }

  #sum(): Expression {
    return this.#leftToRight(['+', '-'], () => this.#concat())
  }

  #concat(): Expression {
    const operators = ['*', '/', '//', '%']
    const product = () => this.#leftToRight(operators, () => this.#leftToRight(['**'], () => this.#unary()))
    const parts = [product()]
    while (this.#tokens.skip('~')) parts.push(product())
    return parts.length === 1 ? parts[0]! : { kind: 'concat', parts }
  }

  #leftToRight(operators: string[], read: () => Expression): Expression {
    let left = read()
    for (;;) {
      const token = this.#tokens.peek()
      if (token?.kind !== 'operator' || !operators.includes(token.text)) return left
      this.#tokens.take()
      left = { kind: 'binary', operator: token.text, left, right: read() }
    }
  }

  #unary(withFilter = true): Expression {
    return this.#tokens.nested(() => {
      const token = this.#tokens.peek()
      let value: Expression
      if (token?.kind === 'operator' && (token.text === '-' || token.text === '+')) {
        this.#tokens.take()
        value = { kind: 'unary', operator: token.text, of: this.#unary(false) }
      } else value = this.#primary()
      value = this.#postfix(value)
      return withFilter ? this.filters(value)! : value
    })
  }

  #primary(): Expression {
    const token = this.#tokens.take()
    if (token.kind === 'name') {
      if (['true', 'True'].includes(token.text)) return { kind: 'constant', value: true }
      if (['false', 'False'].includes(token.text)) return { kind: 'constant', value: false }
      if (['none', 'None'].includes(token.text)) return { kind: 'constant', value: null }
      return { kind: 'name', name: token.text }
    }
    if (token.kind === 'string') {
      let value = token.text
      while (this.#tokens.peek()?.kind === 'string') value += this.#tokens.take().text
      return { kind: 'constant', value }
    }
    if (token.kind === 'integer' || token.kind === 'float') return { kind: token.kind, text: token.text.replaceAll('_', '') }
    if (token.kind === 'operator') {
      if (token.text === '(') return this.#parenthesized()
      if (token.text === '[') return { kind: 'list', items: this.#listed(']', () => this.expression()) }
      if (token.text === '{') {
        const entries = this.#listed('}', (): [Expression, Expression] => {
          const key = this.expression()
          this.#tokens.expect(':')
          return [key, this.expression()]
        })
        return { kind: 'dict', entries }
      }
    }
    throw new JinjaError(`unexpected '${token.text}'`)
  }

  #parenthesized(): Expression {
    if (this.#tokens.skip(')')) return { kind: 'tuple', items: [] }
    const value = this.tuple()
    this.#tokens.expect(')')
    return value
  }

  #listed<Item>(end: string, read: () => Item): Item[] {
    const items: Item[] = []
    while (!this.#tokens.skip(end)) {
      if (items.length > 0) {
        this.#tokens.expect(',')
        if (this.#tokens.skip(end)) break
      }
      items.push(read())
    }
    return items
  }

  #postfix(value: Expression): Expression {
    let at = value
    for (;;) {
      if (this.#tokens.skip('.')) {
        const token = this.#tokens.take()
        if (token.kind === 'name') at = { kind: 'attribute', of: at, name: token.text }
        else if (token.kind === 'integer') at = { kind: 'item', of: at, key: { kind: 'integer', text: token.text } }
        else throw new JinjaError(`expected name or number, found '${token.text}'`)
      } else if (this.#tokens.skip('[')) at = this.#subscript(at)
      else if (this.#tokens.peekOperator('(')) at = { kind: 'call', callee: at, given: this.#given() }
      else return at
    }
  }

  #subscript(of: Expression): Expression {
    const bounds: (Expression | null)[] = [null]
    while (!this.#tokens.skip(']')) {
      if (this.#tokens.skip(':')) bounds.push(null)
      else if (bounds.at(-1) === null) bounds[bounds.length - 1] = this.expression()
      else throw new JinjaError("expected token ']'")
    }
    if (bounds.length > 3) throw new JinjaError('a slice has at most three parts')
    if (bounds.length > 1) return { kind: 'slice', of, bounds }
    if (!bounds[0]) throw new JinjaError('expected subscript expression')
    return { kind: 'item', of, key: bounds[0] }
  }

  #given(): Given {
    this.#tokens.expect('(')
    const positional: Expression[] = []
    const named: [string, Expression][] = []
    this.#listed(')', () => {
      const [token, next] = [this.#tokens.peek(), this.#tokens.peekSecond()]
      if (token?.text.startsWith('*') && token.kind === 'operator') throw new JinjaError('arguments with * are not supported')
      if (token?.kind === 'name' && next?.kind === 'operator' && next.text === '=') {
        this.#tokens.take()
        this.#tokens.take()
        named.push([token.text, this.expression()])
      } else if (named.length > 0) throw new JinjaError('invalid syntax for function call expression')
      else positional.push(this.expression())
    })
    return { positional, named }
  }

  /** A value and the filters behind it; bare are those of a filter block, which have no value and no bar before the first. */
  filters(value: Expression | null, isBare = false): Expression | null {
    let at = value
    let isFirst = isBare
    for (;;) {
      if (isFirst || this.#tokens.skip('|')) {
        isFirst = false
        const name = this.#dottedName()
        const hasArguments = this.#tokens.peekOperator('(')
        at = { kind: 'filter', of: at, name, given: hasArguments ? this.#given() : { positional: [], named: [] } }
      } else if (at && value && this.#tokens.skipName('is')) at = this.#test(at)
      else if (at && value && this.#tokens.peekOperator('(')) at = { kind: 'call', callee: at, given: this.#given() }
      else return at
    }
  }

  #test(of: Expression): Expression {
    const isNegated = this.#tokens.skipName('not')
    const name = this.#dottedName()
    const next = this.#tokens.peek()
    let given: Given = { positional: [], named: [] }
    if (next?.kind === 'operator' && next.text === '(') given = this.#given()
    else if (next && startsArgument(next)) {
      if (next.text === 'is' && next.kind === 'name') throw new JinjaError('You cannot chain multiple tests with is')
      given = { positional: [this.#postfix(this.#primary())], named: [] }
    }
    return { kind: 'test', of, name, isNegated, given }
  }

  #dottedName(): string {
    let { text } = this.#tokens.expectKind('name')
    while (this.#tokens.skip('.')) text += `.${this.#tokens.expectKind('name').text}`
    return text
  }
}

function startsArgument({ kind, text }: Token): boolean {
  if (kind === 'name') return !['else', 'or', 'and', 'if', 'in', 'not'].includes(text)
  return ['string', 'integer', 'float'].includes(kind) || (kind === 'operator' && '([{'.includes(text))
}
