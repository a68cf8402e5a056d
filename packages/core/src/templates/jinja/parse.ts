import { ExpressionParser } from './parse-expression.ts'
import type { Expression, Statement, Target } from './syntax.ts'
import { TokenReader } from './token-reader.ts'
import { JinjaError } from './tokens.ts'

/** The bounds that a genuine Prefect sets to templates of users. */
const MOST_LOOPS = 10
const MOST_NESTED_LOOPS = 2

/** Parses a template. @throws JinjaError */
export function parseJinja(source: string): Statement[] {
  return new StatementParser(new TokenReader(source)).template()
}

class StatementParser {
  readonly #tokens: TokenReader
  readonly #expressions: ExpressionParser
  #loops = 0
  #loopDepth = 0
  #deepestLoop = 0

  constructor(tokens: TokenReader) {
    this.#tokens = tokens
    this.#expressions = new ExpressionParser(tokens)
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
      if (this.#tokens.isAtEnd) {
        if (ends.length === 0) return statements
        throw new JinjaError(
          `Unexpected end of template. Jinja was looking for the following tags: ${ends.map((end) => `'${end}'`).join(' or ')}.`,
        )
      }
      const token = this.#tokens.take()
      if (token.kind === 'data') statements.push({ kind: 'text', text: token.text })
      else if (token.kind === 'print-begin') {
        statements.push({ kind: 'print', value: this.#expressions.tuple() })
        this.#tokens.expectKind('print-end')
      } else {
        const tag = this.#tokens.peek()
        if (tag?.kind !== 'name') throw new JinjaError('tag name expected')
        if (ends.includes(tag.text)) return statements
        this.#tokens.take()
        statements.push(this.#tokens.nested(() => this.#statement(tag.text)))
      }
    }
  }

  #statement(tag: string): Statement {
    if (tag === 'if') return this.#if()
    if (tag === 'for') return this.#for()
    if (tag === 'set') return this.#set()
    if (tag === 'with') return this.#with()
    if (tag === 'filter') {
      const filter = this.#expressions.filters(null, true)
      this.#tokens.expectKind('block-end')
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
        const test = this.#expressions.tuple()
        this.#tokens.expectKind('block-end')
        branches.push({ test, body: this.#body(['elif', 'else', 'endif']) })
      } else {
        this.#tokens.expectKind('block-end')
        otherwise = this.#body(['endif'])
      }
      tag = this.#tokens.take().text
    }
    this.#tokens.expectKind('block-end')
    return { kind: 'if', branches, otherwise }
  }

  #for(): Statement {
    this.#loops += 1
    this.#loopDepth += 1
    this.#deepestLoop = Math.max(this.#deepestLoop, this.#loopDepth)
    const target = this.#target(['in'])
    this.#tokens.expectName('in')
    const over = this.#expressions.tuple(false)
    const test = this.#tokens.skipName('if') ? this.#expressions.expression() : null
    if (this.#tokens.skipName('recursive')) throw new JinjaError('recursive loops are not supported')
    this.#tokens.expectKind('block-end')
    const body = this.#body(['else', 'endfor'])
    const hasElse = this.#tokens.take().text === 'else'
    this.#tokens.expectKind('block-end')
    const otherwise = hasElse ? this.#bodyTo('endfor') : []
    this.#loopDepth -= 1
    return { kind: 'for', target, over, test, body, otherwise }
  }

  #set(): Statement {
    const target = this.#target([])
    if (this.#tokens.skip('=')) {
      const value = this.#expressions.tuple()
      this.#tokens.expectKind('block-end')
      return { kind: 'set', target, value }
    }
    const filter = this.#expressions.filters(null)
    this.#tokens.expectKind('block-end')
    return { kind: 'set-block', target, filter, body: this.#bodyTo('endset') }
  }

  #with(): Statement {
    const entries: { target: Target; value: Expression }[] = []
    while (this.#tokens.peek()?.kind !== 'block-end') {
      if (entries.length > 0) this.#tokens.expect(',')
      const target = this.#singleTarget()
      this.#tokens.expect('=')
      entries.push({ target, value: this.#expressions.expression() })
    }
    this.#tokens.expectKind('block-end')
    return { kind: 'with', entries, body: this.#bodyTo('endwith') }
  }

  #bodyTo(end: string): Statement[] {
    const body = this.#body([end])
    this.#tokens.take()
    this.#tokens.expectKind('block-end')
    return body
  }

  #target(ends: string[]): Target {
    const items = [this.#singleTarget()]
    let isTuple = false
    while (this.#tokens.skip(',')) {
      isTuple = true
      const next = this.#tokens.peek()
      if (next?.kind === 'block-end' || next?.text === '=' || (next?.kind === 'name' && ends.includes(next.text))) break
      items.push(this.#singleTarget())
    }
    return isTuple ? { kind: 'tuple', items } : items[0]!
  }

  #singleTarget(): Target {
    if (this.#tokens.skip('(')) {
      const inner = this.#tokens.nested(() => this.#target([]))
      this.#tokens.expect(')')
      return inner
    }
    const { text } = this.#tokens.expectKind('name')
    if (RESERVED.includes(text)) throw new JinjaError(`can't assign to '${text}'`)
    return this.#tokens.skip('.')
      ? { kind: 'field', of: text, name: this.#tokens.expectKind('name').text }
      : { kind: 'name', name: text }
  }
}

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
