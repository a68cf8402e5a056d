/** What the server is told about one argument: the task runs that made it, if any. */
export type TaskInputs = Record<string, { input_type: 'task_run'; id: string }[]>

/**
 * Names, per parameter, the task runs whose results are in the argument: itself, or one level deep in a list. Only
 * objects can be traced: two equal numbers are the same number.
 */
export function taskInputsOf(names: readonly string[], args: readonly unknown[], madeBy: WeakMap<object, string>): TaskInputs {
  const inputs: TaskInputs = {}
  for (const [index, arg] of args.entries()) {
    const values = Array.isArray(arg) ? [arg, ...arg] : [arg]
    const ids = values.flatMap((value) => (typeof value === 'object' && value !== null ? (madeBy.get(value) ?? []) : []))
    inputs[names[index] ?? `argument_${index}`] = [...new Set(ids)].map((id) => ({ input_type: 'task_run', id }))
  }
  return inputs
}

/** The names of a function's parameters where they are plain names; the rest are left out. */
export function parameterNamesOf(source: string): string[] {
  const list =
    /^(?:async\s*)?(?:function\s*\*?\s*[\w$]*\s*)?\(([^()]*)\)/.exec(source)?.[1] ??
    /^(?:async\s+)?([\w$]+)\s*=>/.exec(source)?.[1] ??
    ''
  return list
    .split(',')
    .map((part) => /^\s*([\w$]+)\s*(?:=|$)/.exec(part)?.[1] ?? '')
    .map((name, index) => name || `argument_${index}`)
    .filter((_, index, all) => !(all.length === 1 && list.trim() === '') && index >= 0)
}
