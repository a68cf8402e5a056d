import { type LogCreate, logCreate } from '@aedile/core/resources/log'
import { parseTimestamp } from '@aedile/core/time'
import { z } from 'zod'
import type { NewLog } from '../../store/queries/append-lines.ts'

const CANONICAL_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The body of `POST /logs/`. Lines as clients write them nearly always are known at a look; all others go through the schema. */
export const logLines: z.ZodType<NewLog[]> = withQuickLook(z.array(logCreate), arePlain)

/** A schema that is asked only about values which a quick look did not find valid and complete as they are. */
function withQuickLook<Value>(schema: z.ZodType<Value>, look: (value: unknown) => value is Value): z.ZodType<Value> {
  const safeParse: typeof schema.safeParse = (value, params) =>
    look(value) ? { success: true, data: value } : schema.safeParse(value, params)
  return Object.create(schema, { safeParse: { value: safeParse } })
}

function arePlain(body: unknown): body is NewLog[] {
  if (!Array.isArray(body)) return false
  // The lines of one request are mostly of one run, and of few times.
  let lastRun: unknown = null
  let lastTime: unknown = null
  for (const line of body as unknown[]) {
    if (typeof line !== 'object' || line === null) return false
    for (const key in line) if (!KEYS.has(key)) return false
    const { name, level, message, timestamp, flow_run_id: run, task_run_id: task } = line as LogCreate
    if (typeof name !== 'string' || typeof message !== 'string' || !Number.isSafeInteger(level)) return false
    if (typeof timestamp !== 'string' || (timestamp !== lastTime && parseTimestamp(timestamp) === null)) return false
    if (run !== lastRun && !isPlainId(run)) return false
    if (!isPlainId(task)) return false
    lastTime = timestamp
    lastRun = run
  }
  return true
}

function isPlainId(id: unknown): boolean {
  return id === null || id === undefined || (typeof id === 'string' && CANONICAL_UUID.test(id))
}

const KEYS: ReadonlySet<string> = new Set(Object.keys(logCreate.shape))
