import type { JsonObject } from '../../json.ts'
import type { TemplateValue } from '../../python-text.ts'
import { Budget } from './budget.ts'
import { applyFilter, type Surroundings } from './filters.ts'
import { findMethod } from './methods.ts'
import { calculate, compareValues, isEqual, isIn, isText, joinPlainly, negate } from './operators.ts'
import { parseJinja } from './parse.ts'
import type { Expression, Given, Statement, Target } from './syntax.ts'
import { applyTest } from './tests.ts'
import { JinjaError } from './tokens.ts'
import {
  Callable,
  type Dict,
  fromJson,
  integerOf,
  isTrue,
  itemsOf,
  Markup,
  Namespace,
  Sequence,
  toText,
  typeName,
  Undefined,
  type Value,
} from './values.ts'

/**
 * Renders a template as a genuine Prefect renders those of its users: Jinja 3.1 in a sandbox. The template is walked, never
 * turned into code; it reaches the given names, the filters, tests and methods listed here, and nothing else. What exists in
 * Jinja and not here is an error.
 * @throws JinjaError
 */
export function renderJinja(source: string, names: JsonObject): string {
  const statements = parseJinja(source)
  // Text without a mark is not looked at, so it keeps its last line break and its comments.
  if (!source.includes('{{') && !source.includes('{%')) return source
  const given = new Map(Object.entries(names).map(([name, value]) => [name, fromJson(value as TemplateValue)]))
  try {
    return new Rendering().run(statements, new Scope(null, given))
  } catch (error) {
    const why = error instanceof RangeError ? 'it is nested too deeply' : error instanceof JinjaError ? error.message : null
    throw why === null ? error : new JinjaError(`Failed to render template due to the following error: ${why}`)
  }
}

/** The names that statements see: their own, and those around them. */
class Scope {
  readonly names: Dict
  readonly #around: Scope | null

  constructor(around: Scope | null, names: Dict = new Map()) {
    this.#around = around
    this.names = names
  }

  find(name: string): Value | undefined {
    return this.names.get(name) ?? (this.names.has(name) ? null : this.#around?.find(name))
  }
}

const MOST_RANGE = 100

class Rendering {
  readonly #budget = new Budget()
  readonly #surroundings: Surroundings = {
    budget: this.#budget,
    filter: (name, value, positional, named) => applyFilter(name, value, positional, named, this.#surroundings),
    test: applyTest,
    item: (value, key) => this.#item(value, key),
  }

  run(statements: Statement[], scope: Scope): string {
    return statements.map((statement) => this.#execute(statement, scope)).join('')
  }

  #execute(statement: Statement, scope: Scope): string {
    this.#budget.step()
    switch (statement.kind) {
      case 'text':
        this.#budget.write(statement.text.length)
        return statement.text
      case 'print': {
        const text = toText(this.#evaluate(statement.value, scope))
        this.#budget.write(text.length)
        return text
      }
      case 'if': {
        const branch = statement.branches.find(({ test }) => isTrue(this.#evaluate(test, scope)))
        return this.run(branch?.body ?? statement.otherwise, scope)
      }
      case 'for':
        return this.#loop(statement, scope)
      case 'set':
        this.#assign(statement.target, this.#evaluate(statement.value, scope), scope)
        return ''
      case 'set-block': {
        const text = this.run(statement.body, new Scope(scope))
        this.#assign(statement.target, statement.filter ? this.#evaluate(statement.filter, scope, text) : text, scope)
        return ''
      }
      case 'with': {
        const inner = new Scope(scope)
        // All values are of the scope around: none sees the name before it.
        const values = statement.entries.map(({ value }) => this.#evaluate(value, scope))
        for (const [index, { target }] of statement.entries.entries()) this.#assign(target, values[index]!, inner)
        return this.run(statement.body, inner)
      }
      case 'filter-block': {
        const text = toText(this.#evaluate(statement.filter, scope, this.run(statement.body, new Scope(scope))))
        this.#budget.write(text.length)
        return text
      }
    }
  }

  #loop({ target, over, test, body, otherwise }: Extract<Statement, { kind: 'for' }>, scope: Scope): string {
    let items = itemsOf(this.#evaluate(over, scope))
    if (test) {
      items = items.filter((item) => {
        const inner = new Scope(scope)
        this.#assign(target, item, inner)
        return isTrue(this.#evaluate(test, inner))
      })
    }
    if (items.length === 0) return this.run(otherwise, new Scope(scope))
    const changes: { last: Value[] | null } = { last: null }
    const pieces = items.map((item, index) => {
      this.#budget.step()
      const inner = new Scope(scope)
      inner.names.set('loop', loopFacts(items, index, changes))
      this.#assign(target, item, inner)
      return this.run(body, inner)
    })
    return pieces.join('')
  }

  #assign(target: Target, value: Value, scope: Scope): void {
    if (target.kind === 'name') scope.names.set(target.name, value)
    else if (target.kind === 'field') {
      const holder = scope.find(target.of)
      if (!(holder instanceof Namespace)) throw new JinjaError('cannot assign attribute on non-namespace object')
      holder.fields.set(target.name, value)
    } else {
      const items = itemsOf(value)
      if (items.length !== target.items.length) {
        throw new JinjaError(`expected ${target.items.length} values to unpack, got ${items.length}`)
      }
      for (const [index, each] of target.items.entries()) this.#assign(each, items[index]!, scope)
    }
  }

  /** `filtered` is what a filter without a value of its own is applied to. */
  #evaluate(expression: Expression, scope: Scope, filtered: Value = ''): Value {
    this.#budget.step()
    const of = (inner: Expression) => this.#evaluate(inner, scope, filtered)
    switch (expression.kind) {
      case 'constant':
        return expression.value
      case 'integer':
        this.#budget.integer(expression.text.length * 4)
        return BigInt(expression.text)
      case 'float':
        return Number(expression.text)
      case 'name':
        return scope.find(expression.name) ?? (scope.find(expression.name) === null ? null : this.#global(expression.name))
      case 'list':
        return expression.items.map(of)
      case 'tuple':
        return new Sequence('tuple', expression.items.map(of))
      case 'dict':
        return new Map(expression.entries.map(([key, value]) => [keyText(of(key)), of(value)]))
      case 'attribute':
        return this.#attribute(of(expression.of), expression.name)
      case 'item':
        return this.#item(of(expression.of), of(expression.key))
      case 'slice':
        return slice(
          of(expression.of),
          expression.bounds.map((bound) => (bound ? of(bound) : null)),
        )
      case 'call':
        return this.#call(expression, scope, filtered)
      case 'filter': {
        const { positional, named } = this.#given(expression.given, scope)
        const value = expression.of ? of(expression.of) : filtered
        return this.#surroundings.filter(expression.name, value, positional, named)
      }
      case 'test': {
        const { positional, named } = this.#given(expression.given, scope)
        if (named.size > 0) throw new JinjaError('named arguments of tests are not supported')
        return applyTest(expression.name, of(expression.of), positional) !== expression.isNegated
      }
      case 'unary': {
        const value = of(expression.of)
        if (expression.operator === 'not') return !isTrue(value)
        return expression.operator === '-' ? negate(value) : negate(negate(value))
      }
      case 'binary':
        return calculate(expression.operator, of(expression.left), of(expression.right), this.#budget)
      case 'logic': {
        const left = of(expression.left)
        return isTrue(left) === (expression.operator === 'or') ? left : of(expression.right)
      }
      case 'compare': {
        let left = of(expression.first)
        for (const { operator, to } of expression.rest) {
          const right = of(to)
          if (!compare(operator, left, right)) return false
          left = right
        }
        return true
      }
      case 'concat':
        return joinPlainly(expression.parts.map(of), this.#budget)
      case 'condition':
        if (isTrue(of(expression.test))) return of(expression.value)
        return expression.otherwise
          ? of(expression.otherwise)
          : new Undefined('the inline if-expression evaluated to false and no else section was defined.')
    }
  }

  #given({ positional, named }: Given, scope: Scope): { positional: Value[]; named: Map<string, Value> } {
    return {
      positional: positional.map((argument) => this.#evaluate(argument, scope)),
      named: new Map(named.map(([name, argument]) => [name, this.#evaluate(argument, scope)])),
    }
  }

  #call({ callee, given }: Extract<Expression, { kind: 'call' }>, scope: Scope, filtered: Value): Value {
    const called = this.#evaluate(callee, scope, filtered)
    if (called instanceof Undefined) throw new JinjaError(called.why)
    if (!(called instanceof Callable)) throw new JinjaError(`'${typeName(called)}' object is not callable`)
    const { positional, named } = this.#given(given, scope)
    return called.call(positional, named)
  }

  #attribute(value: Value, name: string): Value {
    if (value instanceof Undefined) return value
    if (value instanceof Namespace)
      return value.fields.get(name) ?? new Undefined(`'namespace object' has no attribute '${name}'`)
    // Python's names with two underscores are no way out of the sandbox, also not as keys.
    if (name.startsWith('__')) return new Undefined(`access to attribute '${name}' of '${typeName(value)}' object is unsafe.`)
    const method = findMethod(value, name, this.#budget)
    if (method) return method
    if (value instanceof Map && value.has(name)) return value.get(name)!
    return new Undefined(`'${typeName(value)} object' has no attribute '${name}'`)
  }

  #item(value: Value, key: Value): Value {
    if (value instanceof Undefined) return value
    if (value instanceof Map && isText(key) && value.has(toText(key))) return value.get(toText(key))!
    const index = integerOf(key)
    if (index !== null && (isText(value) || Array.isArray(value) || value instanceof Sequence)) {
      const found = itemsOf(value).at(Number(index))
      if (found !== undefined) return found
    }
    // Jinja looks for an attribute of the name of a missing key.
    if (isText(key)) return this.#attribute(value, toText(key))
    return new Undefined(`${typeName(value)} object has no element ${toText(key)}`)
  }

  #global(name: string): Value {
    if (name === 'range') return new Callable((given) => range(given))
    if (name === 'namespace' || name === 'dict') {
      return new Callable((given, named) => {
        const [from] = given
        if (given.length > 1 || (from !== undefined && !(from instanceof Map))) throw new JinjaError(`${name}() takes a mapping`)
        const entries: Dict = new Map([...(from ?? []), ...named])
        if (name === 'dict') return entries
        const made = new Namespace()
        for (const [key, value] of entries) made.fields.set(key, value)
        return made
      })
    }
    if (['lipsum', 'cycler', 'joiner', 'self', 'caller'].includes(name)) throw new JinjaError(`'${name}' is not supported`)
    return new Undefined(`'${name}' is undefined`)
  }
}

function compare(operator: string, left: Value, right: Value): boolean {
  if (operator === '==') return isEqual(left, right)
  if (operator === '!=') return !isEqual(left, right)
  if (operator === 'in') return isIn(left, right)
  if (operator === 'not in') return !isIn(left, right)
  const order = compareValues(left, right, operator)
  if (operator === '<') return order < 0
  if (operator === '>') return order > 0
  return operator === '<=' ? order <= 0 : order >= 0
}

function keyText(key: Value): string {
  if (typeof key === 'string') return key
  throw new JinjaError(`keys other than text are not supported, found '${typeName(key)}'`)
}

function slice(value: Value, [start = null, stop = null, step = null]: Value[]): Value {
  if (value instanceof Undefined) return value
  const by = step === null ? 1 : Number(integerOf(step))
  if (by === 0) throw new JinjaError('slice step cannot be zero')
  const items = itemsOf(value)
  if (!(isText(value) || Array.isArray(value) || value instanceof Sequence))
    throw new JinjaError(`'${typeName(value)}' object cannot be sliced`)
  const bound = (given: Value, otherwise: number): number => {
    if (given === null) return otherwise
    const index = integerOf(given)
    if (index === null) throw new JinjaError('slice indices must be integers or None')
    const from = Number(index) < 0 ? Number(index) + items.length : Number(index)
    return by > 0 ? Math.min(Math.max(from, 0), items.length) : Math.min(Math.max(from, -1), items.length - 1)
  }
  const taken: Value[] = []
  const [from, to] = [bound(start, by > 0 ? 0 : items.length - 1), bound(stop, by > 0 ? items.length : -1)]
  for (let at = from; by > 0 ? at < to : at > to; at += by) taken.push(items[at]!)
  if (isText(value)) return value instanceof Markup ? new Markup(taken.join('')) : taken.join('')
  return Array.isArray(value) ? taken : new Sequence('tuple', taken)
}

function range(given: Value[]): Sequence {
  const numbers = given.map((each) => {
    const integer = integerOf(each)
    if (integer === null) throw new JinjaError(`'${typeName(each)}' object cannot be interpreted as an integer`)
    return integer
  })
  if (numbers.length < 1 || numbers.length > 3) throw new JinjaError('range expected 1 to 3 arguments')
  const [start, stop, step] = numbers.length === 1 ? [0n, numbers[0]!, 1n] : [numbers[0]!, numbers[1]!, numbers[2] ?? 1n]
  if (step === 0n) throw new JinjaError('range() arg 3 must not be zero')
  const items: bigint[] = []
  for (let at = start; step > 0n ? at < stop : at > stop; at += step) {
    items.push(at)
    if (items.length > MOST_RANGE) {
      throw new JinjaError(`Range too big. The sandbox blocks ranges larger than MAX_TEMPLATE_RANGE=${MOST_RANGE}.`)
    }
  }
  return new Sequence(`range(${[start, stop, ...(step === 1n ? [] : [step])].join(', ')})`, items)
}

function loopFacts(items: Value[], index: number, changes: { last: Value[] | null }): Dict {
  const facts: Dict = new Map<string, Value>([
    ['index', BigInt(index + 1)],
    ['index0', BigInt(index)],
    ['revindex', BigInt(items.length - index)],
    ['revindex0', BigInt(items.length - index - 1)],
    ['first', index === 0],
    ['last', index === items.length - 1],
    ['length', BigInt(items.length)],
    ['depth', 1n],
    ['depth0', 0n],
    ['previtem', items[index - 1] ?? (index > 0 ? null : new Undefined('there is no previous item'))],
    ['nextitem', items[index + 1] ?? (index < items.length - 1 ? null : new Undefined('there is no next item'))],
  ])
  facts.set(
    'cycle',
    new Callable((given) => {
      if (given.length === 0) throw new JinjaError('no items for cycling given')
      return given[index % given.length]!
    }),
  )
  facts.set(
    'changed',
    new Callable((given) => {
      const isChanged = changes.last === null || !isEqual(changes.last, given)
      changes.last = given
      return isChanged
    }),
  )
  return facts
}
