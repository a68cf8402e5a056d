import { builders, listIds, textOf } from '../row-statements.ts'
import type { Transaction } from '../store.ts'

type FlowLabels = { labels: string; version?: string }

/** Reads the labels of a flow. A tentative unit may get what is remembered of it, and then relies on its version. */
export async function readFlowLabels(transaction: Transaction, id: string): Promise<{ labels: string } | undefined> {
  const { kind, memory } = transaction
  const key = `flow ${id}`
  const known = memory?.get<Required<FlowLabels>>(key)
  if (known) {
    transaction.relyOn?.(key, 'flow_xmin', known.version)
    return known
  }
  const one = textOf(`${kind} labels of flow`, () => builders[kind].selectFrom('flow').select('labels').where('id', '=', id))
  const many = 'select id, labels, xmin::text as version from flow where id = any($1::uuid[])'
  const tentative = { writes: false, sql: many, item: { id }, toParameters: listIds }
  const [flow] = await transaction.execute<FlowLabels>({ sql: one, parameters: [id], tentative })
  if (flow) memory?.remember(key, flow)
  return flow
}
