import { createHash } from 'node:crypto'
import { AedileError } from '@aedile/core/errors'
import type { TaskDefinition, TaskOptions } from './definition.ts'
import { runTask } from './engine/task-engine.ts'
import { parameterNamesOf } from './engine/task-inputs.ts'
import { runContextStorage } from './run-context.ts'
import { sharedSession } from './shared-session.ts'

/** A task: a function whose calls are recorded, retried and timed out one by one. */
export interface Task<Args extends unknown[], Result> {
  (...args: Args): Promise<Result>
  readonly name: string
  /**
   * Calls the task for every element of a list, together; the other arguments are the same for all. Waits for all of
   * them, then returns the results in order or throws the first error in order.
   */
  map(items: Iterable<Args[0]>, ...rest: Tail<Args>): Promise<Result[]>
  /** Like `map`, but returns how each ended instead of throwing. */
  mapSettled(items: Iterable<Args[0]>, ...rest: Tail<Args>): Promise<PromiseSettledResult<Result>[]>
  /** The same task with other options. */
  withOptions(options: TaskOptions): Task<Args, Result>
}

type Tail<Args extends unknown[]> = Args extends [unknown, ...infer Rest]
  ? Rest
  : Args extends [unknown?, ...infer Rest]
    ? Rest
    : []

/** Makes a task of a function. */
export function task<Args extends unknown[], Result>(call: (...args: Args) => Result): Task<Args, Awaited<Result>>
/** Makes a task of a function, with options. */
export function task<Args extends unknown[], Result>(
  options: TaskOptions,
  call: (...args: Args) => Result,
): Task<Args, Awaited<Result>>
export function task(first: TaskOptions | TaskFunction, second?: TaskFunction): Task<unknown[], unknown> {
  const call = (typeof first === 'function' ? first : second) as TaskFunction
  const options = typeof first === 'function' ? {} : first
  const name = options.name ?? call.name
  if (!name) throw new AedileError('flow_unnamed', { kind: 'task' })
  return buildTask({ name, options, key: taskKey(name, call), parameterNames: parameterNamesOf(call.toString()), call })
}

// biome-ignore lint/suspicious/noExplicitAny: the overloads above say what goes in and comes out
type TaskFunction = (...args: any[]) => unknown

/** The same function has the same key in every run. */
function taskKey(name: string, call: TaskFunction): string {
  return `${name}-${createHash('sha256').update(call.toString()).digest('hex').slice(0, 8)}`
}

function buildTask(definition: TaskDefinition): Task<unknown[], unknown> {
  const start = async (...args: unknown[]): Promise<unknown> => {
    const session = runContextStorage().getStore()?.session ?? (await sharedSession())
    return runTask(definition, args, session)
  }
  const call = (...args: unknown[]): Promise<unknown> => {
    const ended = start(...args)
    // A failure that nobody awaits is in the state of its run; it shall not end the process.
    ended.catch(() => {})
    return ended
  }
  const mapSettled = (items: Iterable<unknown>, ...rest: unknown[]) =>
    settleAll([...items], definition.options.mapConcurrency ?? Number.POSITIVE_INFINITY, (item) => call(item, ...rest))
  const rest = {
    map: async (items: Iterable<unknown>, ...others: unknown[]) => {
      const settled = await mapSettled(items, ...others)
      return settled.map((one) => {
        if (one.status === 'rejected') throw one.reason
        return one.value
      })
    },
    mapSettled,
    withOptions: (options: TaskOptions) =>
      buildTask({ ...definition, name: options.name ?? definition.name, options: { ...definition.options, ...options } }),
  }
  // A function's own `name` cannot be assigned.
  return Object.defineProperty(Object.assign(call, rest), 'name', { value: definition.name })
}

/** Calls for every item, at most so many at once; the ends are in the order of the items. */
async function settleAll<Item>(
  items: Item[],
  concurrency: number,
  call: (item: Item) => Promise<unknown>,
): Promise<PromiseSettledResult<unknown>[]> {
  const settled = new Array<PromiseSettledResult<unknown>>(items.length)
  let next = 0
  const work = async () => {
    while (next < items.length) {
      const index = next++
      settled[index] = (await Promise.allSettled([call(items[index]!)]))[0]
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work))
  return settled
}
