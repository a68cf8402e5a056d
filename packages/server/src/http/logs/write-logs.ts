import { appendLines, type NewLog } from '../../store/queries/append-lines.ts'
import type { Workspace } from '../../workspace.ts'

/** Stores log lines in one unit of work. `bytes` is what waits for the commit. */
export async function writeLogs({ store, changes }: Workspace, lines: readonly NewLog[], bytes: number): Promise<void> {
  if (lines.length === 0) return
  await store.write((transaction) => appendLines(transaction, changes, lines), { bytes })
}
