/**
 * A thread that moves pages from the journals into the files. Node loads this file itself, from source (type stripping)
 * or from the build, so it imports nothing of other packages.
 */
import { parentPort, workerData } from 'node:worker_threads'
import BetterSqlite3 from 'better-sqlite3'

export type CheckpointThreadData = { files: string[] }
/** How many pages each file's journal holds after a pass; those that are in the file already count too. */
export type CheckpointAnswer = { pages: number[] } | { failure: string }

if (parentPort) answerRequests(parentPort, workerData as CheckpointThreadData)

function answerRequests(port: NonNullable<typeof parentPort>, { files }: CheckpointThreadData): void {
  const databases = files.map((file) => new BetterSqlite3(file, { fileMustExist: true, timeout: 0 }))
  port.on('message', () => port.postMessage(checkpoint(databases)))
  port.on('close', () => {
    for (const database of databases) database.close()
  })
}

function checkpoint(databases: readonly BetterSqlite3.Database[]): CheckpointAnswer {
  try {
    const pages = databases.map((database) => {
      // The second pass takes what was written during the first, so that little is left for whoever ends the journal.
      database.pragma('wal_checkpoint(passive)')
      const [answer] = database.pragma('wal_checkpoint(passive)') as { log: number }[]
      return answer!.log
    })
    return { pages }
  } catch (error) {
    return { failure: (error as Error).message }
  }
}
