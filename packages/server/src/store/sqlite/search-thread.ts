/**
 * A thread that only reads. Node loads this file itself, from source (type stripping) or from the build, so it imports
 * nothing of other packages.
 */
import { parentPort, workerData } from 'node:worker_threads'
import BetterSqlite3 from 'better-sqlite3'
import { StatementCache, toSqliteValues } from './statements.ts'

export type SearchThreadData = { file: string; bulk: string }
export type SearchQuestion = { number: number; sql: string; parameters: readonly unknown[] }
export type SearchAnswer =
  // Rows without the names of their columns, which would be copied for each row anew.
  | { number: number; columns: string[]; rows: unknown[][] }
  | { number: number; failure: { message: string; code: string | undefined } }

if (parentPort) answerQuestions(parentPort, workerData as SearchThreadData)

function answerQuestions(port: NonNullable<typeof parentPort>, { file, bulk }: SearchThreadData): void {
  const database = new BetterSqlite3(file, { readonly: true, fileMustExist: true, timeout: 5000 })
  database.prepare('attach database ? as bulk').run(bulk)
  const statements = new StatementCache(database)
  port.on('message', ({ number, sql, parameters }: SearchQuestion) => {
    let answer: SearchAnswer
    try {
      const statement = statements.get(sql).raw()
      const rows = statement.all(...toSqliteValues(parameters)) as unknown[][]
      answer = { number, columns: statement.columns().map(({ name }) => name), rows }
    } catch (error) {
      const { message, code } = error as Error & { code?: string }
      answer = { number, failure: { message, code } }
    }
    port.postMessage(answer)
  })
  port.on('close', () => database.close())
}
