import { SqliteQueryCompiler } from 'kysely'

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

  protected override getCurrentParameterPlaceholder(): string {
    return this.#last.trimEnd().endsWith('=') ? '+?' : '?'
  }
}
