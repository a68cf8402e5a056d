/** Set while a flow's file is loaded to run one of its flows: calls at its top level are then mistakes. */
const KEY = Symbol.for('aedile.sdk.loading.v1')
type Shared = { [KEY]?: boolean }

/** Loads something during which no flow may be called, served or deployed. */
export async function whileLoading<T>(load: () => Promise<T>): Promise<T> {
  const shared = globalThis as Shared
  shared[KEY] = true
  try {
    return await load()
  } finally {
    shared[KEY] = false
  }
}

/** True while a flow's file is loaded by the executor. */
export function isLoading(): boolean {
  return (globalThis as Shared)[KEY] === true
}
