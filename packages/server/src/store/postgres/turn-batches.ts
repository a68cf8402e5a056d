import type { TentativeStatement } from '../store.ts'

type Item = TentativeStatement['item']
type Answer = { id: string }
type Waiting = { item: Item; resolve(rows: Answer[]): void; reject(error: unknown): void }
/** Items of one statement that run together. No two are about the same row, which a statement changes once only. */
type Group = Map<string, Waiting>

/** So many statements of one kind are under way; what comes meanwhile is the next one. More make smaller ones: slower, measured. */
const MOST_UNDER_WAY = 1
const MOST_ITEMS = 100

/**
 * Runs the statements of tentative units that come in one turn of the event loop as one: one trip, one commit and one
 * wait for the disk for all of them. When it fails, each of its units fails with that error, and starts over alone.
 */
export class TurnBatches {
  readonly #run: (sql: string, parameters: unknown[]) => Promise<Answer[]>
  readonly #lines = new Map<string, { statement: TentativeStatement; groups: Group[]; underWay: number }>()
  #turn: NodeJS.Immediate | undefined

  /** @param run runs one statement by itself, outside of any transaction. */
  constructor(run: (sql: string, parameters: unknown[]) => Promise<Answer[]>) {
    this.#run = run
  }

  /** Resolves with the rows that the statement answered for the id of this item. */
  add(statement: TentativeStatement): Promise<Answer[]> {
    return new Promise((resolve, reject) => {
      const line = this.#lines.get(statement.sql) ?? { statement, groups: [], underWay: 0 }
      this.#lines.set(statement.sql, line)
      const { item } = statement
      let group = line.groups.find((some) => some.size < MOST_ITEMS && !some.has(item.id))
      if (group === undefined) {
        group = new Map()
        line.groups.push(group)
      }
      group.set(item.id, { item, resolve, reject })
      this.#turn ??= setImmediate(() => this.#endTurn())
    })
  }

  #endTurn(): void {
    this.#turn = undefined
    for (const { statement } of this.#lines.values()) this.#start(statement)
  }

  #start({ sql, toParameters }: TentativeStatement): void {
    const line = this.#lines.get(sql)!
    while (line.underWay < MOST_UNDER_WAY && line.groups.length > 0) {
      const group = line.groups.shift()!
      // In one order everywhere, or two servers that change the same rows could wait for each other.
      const waiting = [...group.values()].sort((a, b) => (a.item.id < b.item.id ? -1 : 1))
      line.underWay++
      void this.#runGroup(sql, toParameters(waiting.map(({ item }) => item)), waiting).finally(() => {
        line.underWay--
        this.#start(line.statement)
      })
    }
  }

  async #runGroup(sql: string, parameters: unknown[], waiting: Waiting[]): Promise<void> {
    try {
      const rowsOf = new Map<string, Answer[]>()
      for (const row of await this.#run(sql, parameters)) {
        const rows = rowsOf.get(row.id)
        if (rows) rows.push(row)
        else rowsOf.set(row.id, [row])
      }
      for (const { item, resolve } of waiting) resolve(rowsOf.get(item.id) ?? [])
    } catch (error) {
      for (const { reject } of waiting) reject(error)
    }
  }
}
