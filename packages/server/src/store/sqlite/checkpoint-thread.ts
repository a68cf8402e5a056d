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
  // Prepared once: V8 collects so seldom in a thread with little garbage that statements of every pass would stay for minutes.
  const checkpoints = databases.map((database) => database.prepare<[], { log: number }>('pragma wal_checkpoint(passive)'))
  port.on('message', () => port.postMessage(move(checkpoints)))
  port.on('close', () => {
    for (const database of databases) database.close()
  })
}

function move(checkpoints: readonly BetterSqlite3.Statement<[], { log: number }>[]): CheckpointAnswer {
  try {
    const pages = checkpoints.map((checkpoint) => {
      // The second pass takes what was written during the first, so that little is left for whoever ends the journal.
      checkpoint.all()
      return checkpoint.all()[0]!.log
    })
    return { pages }
  } catch (error) {
    return { failure: (error as Error).message }
  }
}
