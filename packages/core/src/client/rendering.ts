import type { RenderResult } from '../rendering/render-answer.ts'
import type { RenderBody } from '../rendering/render-messages.ts'
import type { ApiClient, CallOptions } from './client.ts'
import { objectOf } from './decode.ts'
import { poolPath } from './work-pools.ts'

/** What a worker of the pool would create. Only on a server of ours: see RENDER_CAPABILITY. */
export function renderWorkPool(client: ApiClient, name: string, body: RenderBody, call?: CallOptions): Promise<RenderResult> {
  const schema = objectOf<RenderResult>()
  return client.request('POST', `${poolPath(name)}/render`, { ...call, body, schema, retry: 'always' })
}
