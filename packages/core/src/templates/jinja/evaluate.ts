import { Budget } from './budget.ts'
import type { Surroundings } from './filter.ts'
import { applyFilter } from './filters.ts'
import { findGlobal } from './globals.ts'
import { findMethod } from './methods.ts'
import { calculate, compareValues, isEqual, isIn, isText, joinPlainly, negate } from './operators.ts'
import type { Scope } from './scope.ts'
import type { Expression, Given } from './syntax.ts'
import { applyTest } from './tests.ts'
import { JinjaError } from './tokens.ts'
import {
  Callable,
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

/** Finds the values of expressions, within the budget of one rendering. */
export class Evaluator {
  readonly budget = new Budget()
  readonly #surroundings: Surroundings = {
    budget: this.budget,
    filter: (name, value, positional, named) => applyFilter(name, value, positional, named, this.#surroundings),
    test: applyTest,
    item: (value, key) => this.#item(value, key),
  }

  /** `filtered` is what a filter without a value of its own is applied to. */
  evaluate(expression: Expression, scope: Scope, filtered: Value = ''): Value {
    this.budget.step()
    const of = (inner: Expression) => this.evaluate(inner, scope, filtered)
    switch (expression.kind) {
      case 'constant':
        return expression.value
      case 'integer':
        this.budget.integer(expression.text.length * 4)
        return BigInt(expression.text)
      case 'float':
        return Number(expression.text)
      case 'name':
        return scope.find(expression.name) ?? (scope.find(expression.name) === null ? null : findGlobal(expression.name))
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
        return calculate(expression.operator, of(expression.left), of(expression.right), this.budget)
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
        return joinPlainly(expression.parts.map(of), this.budget)
      case 'condition':
        if (isTrue(of(expression.test))) return of(expression.value)
        return expression.otherwise
          ? of(expression.otherwise)
          : new Undefined('the inline if-expression evaluated to false and no else section was defined.')
    }
  }

  #given({ positional, named }: Given, scope: Scope): { positional: Value[]; named: Map<string, Value> } {
    return {
      positional: positional.map((argument) => this.evaluate(argument, scope)),
      named: new Map(named.map(([name, argument]) => [name, this.evaluate(argument, scope)])),
    }
  }

  #call({ callee, given }: Extract<Expression, { kind: 'call' }>, scope: Scope, filtered: Value): Value {
    const called = this.evaluate(callee, scope, filtered)
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
    const method = findMethod(value, name, this.budget)
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
