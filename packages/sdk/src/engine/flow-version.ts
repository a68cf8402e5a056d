import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { FlowDefinition } from '../definition.ts'

/** The version of a flow: what it says, else a hash of its file as a genuine client makes it, else none. */
export function readFlowVersion({ options, file }: Pick<FlowDefinition, 'options' | 'file'>): string | null {
  if (options.version !== undefined || file === null) return options.version ?? null
  try {
    return createHash('md5').update(readFileSync(file)).digest('hex')
  } catch {
    // The file may be gone since, or never have been one.
    return null
  }
}
