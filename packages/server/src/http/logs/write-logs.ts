import { appendLines, type NewLog } from '../../store/queries/append-lines.ts'
import type { Workspace } from '../../workspace.ts'

/** Larger requests are written alone, so that what is written together stays small. */
const MOST_BYTES_TOGETHER = 100_000

/** Stores log lines in one unit of work. `bytes` is what waits for the commit. */
export async function writeLogs({ store, changes }: Workspace, lines: readonly NewLog[], bytes: number): Promise<void> {
  if (lines.length === 0) return
  const tentative = bytes > 0 && bytes <= MOST_BYTES_TOGETHER
  await store.write((transaction) => appendLines(transaction, changes, lines), { bytes, tentative })
}
