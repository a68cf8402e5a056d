/**
 * Notes work that a flow run started, until it has ended. A failure that nobody awaits is in the state of its run; it shall
 * not end the process as an unhandled rejection.
 */
export function trackPending(pending: Set<Promise<unknown>> | undefined, work: Promise<unknown>): void {
  const settled = work.then(
    () => {},
    () => {},
  )
  pending?.add(settled)
  void settled.then(() => pending?.delete(settled))
}

/** Waits until nothing is pending, also what was started meanwhile. */
export async function waitForPending(pending: Set<Promise<unknown>>): Promise<void> {
  while (pending.size > 0) await Promise.all(pending)
}
