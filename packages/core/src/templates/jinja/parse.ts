import type { Expression, Given, Statement, Target } from './syntax.ts'
import { JinjaError, type Token, tokenize } from './tokens.ts'

/** The bounds that a genuine Prefect sets to templates of users. */
const MOST_LOOPS = 10
const MOST_NESTED_LOOPS = 2
/** How deep expressions and blocks may stand in each other; Python's own limit is near. */
const MOST_DEPTH = 100

/** Parses a template. @throws JinjaError */
export function parseJinja(source: string): Statement[] {
  return new Parser(tokenize(source)).template()
}

class Parser {
  readonly #tokens: Token[]
  #at = 0
  #depth = 0
  #loops = 0
  #loopDepth = 0
  #deepestLoop = 0

  constructor(tokens: Token[]) {
    this.#tokens = tokens
  }

  template(): Statement[] {
    const body = this.#body([])
    if (this.#loops > MOST_LOOPS) {
      throw new JinjaError(`Contains ${this.#loops} for loops. Templates can contain no more than ${MOST_LOOPS} for loops.`)
    }
    if (this.#deepestLoop > MOST_NESTED_LOOPS) {
      throw new JinjaError(
        `Contains nested for loops at a depth of ${this.#deepestLoop}. Templates can nest for loops no more than ${MOST_NESTED_LOOPS} loops deep.`,
      )
    }
    return body
  }

  /** Statements up to one of the named tags, which stays to be read. */
  #body(ends: string[]): Statement[] {
    const statements: Statement[] = []
    for (;;) {
      const token = this.#tokens[this.#at]
      if (!token) {
        if (ends.length === 0) return statements
        throw new JinjaError(
          `Unexpected end of template. Jinja was looking for the following tags: ${ends.map((end) => `'${end}'`).join(' or ')}.`,
        )
      }
      this.#at += 1
      if (token.kind === 'data') statements.push({ kind: 'text', text: token.text })
      else if (token.kind === 'print-begin') {
        statements.push({ kind: 'print', value: this.#tuple() })
        this.#expectKind('print-end')
      } else {
        const tag = this.#peek()
        if (tag?.kind !== 'name') throw new JinjaError('tag name expected')
        if (ends.includes(tag.text)) return statements
        this.#at += 1
        statements.push(this.#nested(() => this.#statement(tag.text)))
      }
    }
  }

  #statement(tag: string): Statement {
    if (tag === 'if') return this.#if()
    if (tag === 'for') return this.#for()
    if (tag === 'set') return this.#set()
    if (tag === 'with') return this.#with()
    if (tag === 'filter') {
      const filter = this.#filters(null, true)
      this.#expectKind('block-end')
      return { kind: 'filter-block', filter: filter!, body: this.#bodyTo('endfilter') }
    }
    if (UNSUPPORTED_TAGS.includes(tag)) throw new JinjaError(`the tag '${tag}' is not supported`)
    throw new JinjaError(`Encountered unknown tag '${tag}'.`)
  }

  #if(): Statement {
    const branches: { test: Expression; body: Statement[] }[] = []
    let otherwise: Statement[] = []
    for (let tag = 'elif'; tag !== 'endif'; ) {
      if (tag === 'elif') {
        const test = this.#tuple()
        this.#expectKind('block-end')
        branches.push({ test, body: this.#body(['elif', 'else', 'endif']) })
      } else {
        this.#expectKind('block-end')
        otherwise = this.#body(['endif'])
      }
      tag = this.#take().text
    }
    this.#expectKind('block-end')
    return { kind: 'if', branches, otherwise }
  }

  #for(): Statement {
    this.#loops += 1
    this.#loopDepth += 1
    this.#deepestLoop = Math.max(this.#deepestLoop, this.#loopDepth)
    const target = this.#target(['in'])
    this.#expectName('in')
    const over = this.#tuple(false)
    const test = this.#skipName('if') ? this.#expression() : null
    if (this.#skipName('recursive')) throw new JinjaError('recursive loops are not supported')
    this.#expectKind('block-end')
    const body = this.#body(['else', 'endfor'])
    const hasElse = this.#take().text === 'else'
    this.#expectKind('block-end')
    const otherwise = hasElse ? this.#bodyTo('endfor') : []
    this.#loopDepth -= 1
    return { kind: 'for', target, over, test, body, otherwise }
  }

  #set(): Statement {
    const target = this.#target([])
    if (this.#skip('=')) {
      const value = this.#tuple()
      this.#expectKind('block-end')
      return { kind: 'set', target, value }
    }
    const filter = this.#filters(null)
    this.#expectKind('block-end')
    return { kind: 'set-block', target, filter, body: this.#bodyTo('endset') }
  }

  #with(): Statement {
    const entries: { target: Target; value: Expression }[] = []
    while (this.#peek()?.kind !== 'block-end') {
      if (entries.length > 0) this.#expect(',')
      const target = this.#singleTarget()
      this.#expect('=')
      entries.push({ target, value: this.#expression() })
    }
    this.#expectKind('block-end')
    return { kind: 'with', entries, body: this.#bodyTo('endwith') }
  }

  #bodyTo(end: string): Statement[] {
    const body = this.#body([end])
    this.#at += 1
    this.#expectKind('block-end')
    return body
  }

  #target(ends: string[]): Target {
    const items = [this.#singleTarget()]
    let isTuple = false
    while (this.#skip(',')) {
      isTuple = true
      const next = this.#peek()
      if (next?.kind === 'block-end' || next?.text === '=' || (next?.kind === 'name' && ends.includes(next.text))) break
      items.push(this.#singleTarget())
    }
    return isTuple ? { kind: 'tuple', items } : items[0]!
  }

  #singleTarget(): Target {
    if (this.#skip('(')) {
      const inner = this.#nested(() => this.#target([]))
      this.#expect(')')
      return inner
    }
    const { text } = this.#expectKind('name')
    if (RESERVED.includes(text)) throw new JinjaError(`can't assign to '${text}'`)
    return this.#skip('.') ? { kind: 'field', of: text, name: this.#expectKind('name').text } : { kind: 'name', name: text }
  }

  /** One expression, or several with commas: a tuple. */
  #tuple(withCondition = true): Expression {
    const one = () => (withCondition ? this.#expression() : this.#or())
    const first = one()
    if (this.#peek()?.text !== ',' || this.#peek()?.kind !== 'operator') return first
    const items = [first]
    while (this.#skip(',')) {
      const next = this.#peek()
      if (!next || next.kind.endsWith('-end') || (next.kind === 'operator' && next.text === ')')) break
      items.push(one())
    }
    return { kind: 'tuple', items }
  }

  #expression(): Expression {
    return this.#nested(() => {
      let value = this.#or()
      while (this.#skipName('if')) {
        const test = this.#or()
        value = { kind: 'condition', test, value, otherwise: this.#skipName('else') ? this.#expression() : null }
      }
      return value
    })
  }

  #or(): Expression {
    let left = this.#and()
    while (this.#skipName('or')) left = { kind: 'logic', operator: 'or', left, right: this.#and() }
    return left
  }

  #and(): Expression {
    let left = this.#not()
    while (this.#skipName('and')) left = { kind: 'logic', operator: 'and', left, right: this.#not() }
    return left
  }

  #not(): Expression {
    if (this.#skipName('not')) return this.#nested(() => ({ kind: 'unary', operator: 'not', of: this.#not() }))
    const first = this.#sum()
    const rest: { operator: string; to: Expression }[] = []
    for (;;) {
      const token = this.#peek()
      if (token?.kind === 'operator' && ['==', '!=', '<', '>', '<=', '>='].includes(token.text)) {
        this.#at += 1
        rest.push({ operator: token.text, to: this.#sum() })
      } else if (this.#skipName('in')) rest.push({ operator: 'in', to: this.#sum() })
      else if (this.#peekName('not') && this.#tokens[this.#at + 1]?.text === 'in') {
        this.#at += 2
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
    while (this.#skip('~')) parts.push(product())
    return parts.length === 1 ? parts[0]! : { kind: 'concat', parts }
  }

  #leftToRight(operators: string[], read: () => Expression): Expression {
    let left = read()
    for (;;) {
      const token = this.#peek()
      if (token?.kind !== 'operator' || !operators.includes(token.text)) return left
      this.#at += 1
      left = { kind: 'binary', operator: token.text, left, right: read() }
    }
  }

  #unary(withFilter = true): Expression {
    return this.#nested(() => {
      const token = this.#peek()
      let value: Expression
      if (token?.kind === 'operator' && (token.text === '-' || token.text === '+')) {
        this.#at += 1
        value = { kind: 'unary', operator: token.text, of: this.#unary(false) }
      } else value = this.#primary()
      value = this.#postfix(value)
      return withFilter ? this.#filters(value)! : value
    })
  }

  #primary(): Expression {
    const token = this.#take()
    if (token.kind === 'name') {
      if (['true', 'True'].includes(token.text)) return { kind: 'constant', value: true }
      if (['false', 'False'].includes(token.text)) return { kind: 'constant', value: false }
      if (['none', 'None'].includes(token.text)) return { kind: 'constant', value: null }
      return { kind: 'name', name: token.text }
    }
    if (token.kind === 'string') {
      let value = token.text
      while (this.#peek()?.kind === 'string') value += this.#take().text
      return { kind: 'constant', value }
    }
    if (token.kind === 'integer' || token.kind === 'float') return { kind: token.kind, text: token.text.replaceAll('_', '') }
    if (token.kind === 'operator') {
      if (token.text === '(') return this.#parenthesized()
      if (token.text === '[') return { kind: 'list', items: this.#listed(']', () => this.#expression()) }
      if (token.text === '{') {
        const entries = this.#listed('}', (): [Expression, Expression] => {
          const key = this.#expression()
          this.#expect(':')
          return [key, this.#expression()]
        })
        return { kind: 'dict', entries }
      }
    }
    throw new JinjaError(`unexpected '${token.text}'`)
  }

  #parenthesized(): Expression {
    if (this.#skip(')')) return { kind: 'tuple', items: [] }
    const value = this.#tuple()
    this.#expect(')')
    return value
  }

  #listed<Item>(end: string, read: () => Item): Item[] {
    const items: Item[] = []
    while (!this.#skip(end)) {
      if (items.length > 0) {
        this.#expect(',')
        if (this.#skip(end)) break
      }
      items.push(read())
    }
    return items
  }

  #postfix(value: Expression): Expression {
    let at = value
    for (;;) {
      if (this.#skip('.')) {
        const token = this.#take()
        if (token.kind === 'name') at = { kind: 'attribute', of: at, name: token.text }
        else if (token.kind === 'integer') at = { kind: 'item', of: at, key: { kind: 'integer', text: token.text } }
        else throw new JinjaError(`expected name or number, found '${token.text}'`)
      } else if (this.#skip('[')) at = this.#subscript(at)
      else if (this.#peek()?.kind === 'operator' && this.#peek()?.text === '(')
        at = { kind: 'call', callee: at, given: this.#given() }
      else return at
    }
  }

  #subscript(of: Expression): Expression {
    const bounds: (Expression | null)[] = [null]
    while (!this.#skip(']')) {
      if (this.#skip(':')) bounds.push(null)
      else if (bounds.at(-1) === null) bounds[bounds.length - 1] = this.#expression()
      else throw new JinjaError("expected token ']'")
    }
    if (bounds.length > 3) throw new JinjaError('a slice has at most three parts')
    if (bounds.length > 1) return { kind: 'slice', of, bounds }
    if (!bounds[0]) throw new JinjaError('expected subscript expression')
    return { kind: 'item', of, key: bounds[0] }
  }

  #given(): Given {
    this.#expect('(')
    const positional: Expression[] = []
    const named: [string, Expression][] = []
    this.#listed(')', () => {
      const [token, next] = [this.#peek(), this.#tokens[this.#at + 1]]
      if (token?.text.startsWith('*') && token.kind === 'operator') throw new JinjaError('arguments with * are not supported')
      if (token?.kind === 'name' && next?.kind === 'operator' && next.text === '=') {
        this.#at += 2
        named.push([token.text, this.#expression()])
      } else if (named.length > 0) throw new JinjaError('invalid syntax for function call expression')
      else positional.push(this.#expression())
    })
    return { positional, named }
  }

  #filters(value: Expression | null, isBare = false): Expression | null {
    let at = value
    let isFirst = isBare
    for (;;) {
      if (isFirst || this.#skip('|')) {
        isFirst = false
        const name = this.#dottedName()
        const hasArguments = this.#peek()?.kind === 'operator' && this.#peek()?.text === '('
        at = { kind: 'filter', of: at, name, given: hasArguments ? this.#given() : { positional: [], named: [] } }
      } else if (at && value && this.#skipName('is')) at = this.#test(at)
      else if (at && value && this.#peek()?.kind === 'operator' && this.#peek()?.text === '(')
        at = { kind: 'call', callee: at, given: this.#given() }
      else return at
    }
  }

  #test(of: Expression): Expression {
    const isNegated = this.#skipName('not')
    const name = this.#dottedName()
    const next = this.#peek()
    let given: Given = { positional: [], named: [] }
    if (next?.kind === 'operator' && next.text === '(') given = this.#given()
    else if (next && startsArgument(next)) {
      if (next.text === 'is' && next.kind === 'name') throw new JinjaError('You cannot chain multiple tests with is')
      given = { positional: [this.#postfix(this.#primary())], named: [] }
    }
    return { kind: 'test', of, name, isNegated, given }
  }

  #dottedName(): string {
    let { text } = this.#expectKind('name')
    while (this.#skip('.')) text += `.${this.#expectKind('name').text}`
    return text
  }

  #nested<Result>(read: () => Result): Result {
    this.#depth += 1
    if (this.#depth > MOST_DEPTH) throw new JinjaError(`it is nested more than ${MOST_DEPTH} levels deep`)
    const result = read()
    this.#depth -= 1
    return result
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at]
  }

  #take(): Token {
    const token = this.#tokens[this.#at]
    if (!token) throw new JinjaError('unexpected end of template')
    this.#at += 1
    return token
  }

  #skip(operator: string): boolean {
    const token = this.#peek()
    if (token?.kind !== 'operator' || token.text !== operator) return false
    this.#at += 1
    return true
  }

  #peekName(name: string): boolean {
    const token = this.#peek()
    return token?.kind === 'name' && token.text === name
  }

  #skipName(name: string): boolean {
    if (!this.#peekName(name)) return false
    this.#at += 1
    return true
  }

  #expect(operator: string): void {
    if (!this.#skip(operator))
      throw new JinjaError(`expected token '${operator}', got '${this.#peek()?.text ?? 'end of template'}'`)
  }

  #expectName(name: string): void {
    if (!this.#skipName(name)) throw new JinjaError(`expected token '${name}', got '${this.#peek()?.text ?? 'end of template'}'`)
  }

  #expectKind(kind: Token['kind']): Token {
    const token = this.#peek()
    if (token?.kind !== kind) {
      throw new JinjaError(`expected token '${TOKEN_NAMES[kind] ?? kind}', got '${token?.text ?? 'end of template'}'`)
    }
    this.#at += 1
    return token
  }
}

const TOKEN_NAMES: { [kind: string]: string } = { 'print-end': 'end of print statement', 'block-end': 'end of statement block' }
const RESERVED = ['true', 'false', 'none', 'True', 'False', 'None']
const UNSUPPORTED_TAGS = [
  'macro',
  'call',
  'block',
  'extends',
  'include',
  'import',
  'from',
  'autoescape',
  'print',
  'do',
  'trans',
  'break',
  'continue',
]

function startsArgument({ kind, text }: Token): boolean {
  if (kind === 'name') return !['else', 'or', 'and', 'if', 'in', 'not'].includes(text)
  return ['string', 'integer', 'float'].includes(kind) || (kind === 'operator' && '([{'.includes(text))
}
