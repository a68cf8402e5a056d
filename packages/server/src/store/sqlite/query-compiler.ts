import { type PrimitiveValueListNode, SqliteQueryCompiler } from 'kysely'

/** A list of more values is one parameter. */
const MOST_LISTED = 16

/**
 * Writes `= +?` where a column is compared with a value. SQLite looks at a bare parameter of an equality while it plans
 * a join, and then plans the statement anew whenever that parameter is bound again, which takes ten times as long as
 * a lookup by key does. The plus changes neither value, affinity nor the choice of an index.
 */
export class SteadyQueryCompiler extends SqliteQueryCompiler {
  #last = ''

  protected override append(text: string): void {
    if (text !== ' ') this.#last = text
    super.append(text)
  }

  /**
   * A long list is one parameter, so that lists of all lengths share one prepared statement: each such statement keeps
   * memory, and SQLite bounds the number of parameters.
   */
  protected override visitPrimitiveValueList(node: PrimitiveValueListNode): void {
    if (node.values.length <= MOST_LISTED || this.parentNode?.kind !== 'BinaryOperationNode') {
      super.visitPrimitiveValueList(node)
      return
    }
    this.append('(select value from json_each(')
    this.appendValue(JSON.stringify(node.values))
    this.append('))')
  }

  protected override getCurrentParameterPlaceholder(): string {
    return this.#last.trimEnd().endsWith('=') ? '+?' : '?'
  }
}
