import type { JsonObject } from '../../json.ts'
import type { TemplateValue } from '../../python-text.ts'
import { Evaluator } from './evaluate.ts'
import { loopFacts } from './loop-facts.ts'
import { parseJinja } from './parse.ts'
import { Scope } from './scope.ts'
import type { Statement, Target } from './syntax.ts'
import { JinjaError } from './tokens.ts'
import { fromJson, isTrue, itemsOf, Namespace, toText, type Value } from './values.ts'

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

/** Executes statements: the text that each makes. */
class Rendering {
  readonly #evaluator = new Evaluator()

  run(statements: Statement[], scope: Scope): string {
    return statements.map((statement) => this.#execute(statement, scope)).join('')
  }

  #execute(statement: Statement, scope: Scope): string {
    this.#evaluator.budget.step()
    switch (statement.kind) {
      case 'text':
        this.#evaluator.budget.write(statement.text.length)
        return statement.text
      case 'print': {
        const text = toText(this.#evaluator.evaluate(statement.value, scope))
        this.#evaluator.budget.write(text.length)
        return text
      }
      case 'if': {
        const branch = statement.branches.find(({ test }) => isTrue(this.#evaluator.evaluate(test, scope)))
        return this.run(branch?.body ?? statement.otherwise, scope)
      }
      case 'for':
        return this.#loop(statement, scope)
      case 'set':
        this.#assign(statement.target, this.#evaluator.evaluate(statement.value, scope), scope)
        return ''
      case 'set-block': {
        const text = this.run(statement.body, new Scope(scope))
        this.#assign(statement.target, statement.filter ? this.#evaluator.evaluate(statement.filter, scope, text) : text, scope)
        return ''
      }
      case 'with': {
        const inner = new Scope(scope)
        // All values are of the scope around: none sees the name before it.
        const values = statement.entries.map(({ value }) => this.#evaluator.evaluate(value, scope))
        for (const [index, { target }] of statement.entries.entries()) this.#assign(target, values[index]!, inner)
        return this.run(statement.body, inner)
      }
      case 'filter-block': {
        const text = toText(this.#evaluator.evaluate(statement.filter, scope, this.run(statement.body, new Scope(scope))))
        this.#evaluator.budget.write(text.length)
        return text
      }
    }
  }

  #loop({ target, over, test, body, otherwise }: Extract<Statement, { kind: 'for' }>, scope: Scope): string {
    let items = itemsOf(this.#evaluator.evaluate(over, scope))
    if (test) {
      items = items.filter((item) => {
        const inner = new Scope(scope)
        this.#assign(target, item, inner)
        return isTrue(this.#evaluator.evaluate(test, inner))
      })
    }
    if (items.length === 0) return this.run(otherwise, new Scope(scope))
    const changes: { last: Value[] | null } = { last: null }
    const pieces = items.map((item, index) => {
      this.#evaluator.budget.step()
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
}
