import { performance } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** How often it is looked whether the process waits, in milliseconds. */
const LOOK_MILLISECONDS = 2_000
/** Busy for less than this part of the time, a process waits. */
const WAITING = 0.1
/** Less is not worth a collection. */
const WORTH_BYTES = 4 * 1024 * 1024
/** A collection is followed by a pause of so many times its own length: it costs a hundredth of the time at most. */
const PAUSE_FACTOR = 100

/**
 * Sets up V8 for a process that lives long and mostly waits for others. Called before the heap has grown. Only this
 * process has the flags: what it starts gets neither options nor environment of them.
 * - New objects stay in the space that the heap began with; by default a burst makes it many times as large, for good.
 * - The last of V8's compilers stays out: to use it takes some 5 MiB, and a process that waits gains nothing by it.
 */
export function limitHeap(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--no-opt')
}

/**
 * Gives memory back when a burst has passed: V8 keeps what it once had, because a collection of everything would stop a
 * busy process. This one waits. The first time is soon after the start, which leaves much that nothing else needs. Goes on
 * until the signal fires, and holds no process that has nothing else to do.
 */
export function collectWhenIdle(signal?: AbortSignal, collect: () => void = collectAll): void {
  let before = performance.eventLoopUtilization()
  let keptBytes = 0
  let notBefore = 0
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    const startedAt = performance.now()
    if (utilization > WAITING || startedAt < notBefore) return
    if (getHeapStatistics().total_heap_size - keptBytes < WORTH_BYTES) return
    collect()
    keptBytes = getHeapStatistics().total_heap_size
    notBefore = performance.now() + PAUSE_FACTOR * (performance.now() - startedAt)
    // The collection itself is not work of the process.
    before = performance.eventLoopUtilization()
  }, LOOK_MILLISECONDS)
  timer.unref()
  signal?.addEventListener('abort', () => clearInterval(timer), { once: true })
}

/** Collects all that can be, and gives the pages back. Node has a way to ask for it only in a process started with it. */
export function collectAll(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { type: 'major'; flavor: 'last-resort' }) => void
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', flavor: 'last-resort' })
}
