import type { concurrencyLimitV2, GlobalConcurrencyLimit } from '@aedile/core/resources/concurrency-limit'
import { formatTimestamp } from '@aedile/core/time'
import type { z } from 'zod'
import type { ConcurrencyLimitTable } from '../../store/tables.ts'

/** A limit as reads and filters show it. */
export function toGlobalLimit(row: ConcurrencyLimitTable): GlobalConcurrencyLimit {
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    active: row.active === 1,
    name: row.name,
    limit: row.limit,
    active_slots: row.active_slots,
    slot_decay_per_second: row.slot_decay_per_second,
  }
}

/** A limit as its creation answers it. */
export function toLimit(row: ConcurrencyLimitTable): z.output<typeof concurrencyLimitV2> {
  return {
    id: row.id,
    created: formatTimestamp(row.created),
    updated: formatTimestamp(row.updated),
    active: row.active === 1,
    name: row.name,
    limit: row.limit,
    active_slots: row.active_slots,
    denied_slots: row.denied_slots,
    slot_decay_per_second: row.slot_decay_per_second,
    avg_slot_occupancy_seconds: row.avg_slot_occupancy_seconds,
  }
}
