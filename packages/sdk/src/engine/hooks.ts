import type { StateType } from '@aedile/core/states'
import type { HookState, Hooks } from '../definition.ts'
import type { RunLogger } from '../logger.ts'

const HOOK_OF_TYPE: Partial<Record<StateType, keyof Hooks<unknown>>> = {
  RUNNING: 'onRunning',
  COMPLETED: 'onCompletion',
  FAILED: 'onFailure',
  CRASHED: 'onCrashed',
  CANCELLED: 'onCancellation',
  CANCELLING: 'onCancellation',
}

/** Calls the hooks of a state, one after the other. What a hook throws is logged. */
export async function callHooks<Hook>(
  hooks: Hooks<Hook>,
  state: HookState,
  logger: RunLogger,
  call: (hook: Hook) => unknown,
): Promise<void> {
  const name = HOOK_OF_TYPE[state.type]
  const given = name && hooks[name]
  if (!given) return
  for (const hook of Array.isArray(given) ? (given as Hook[]) : [given as Hook]) {
    try {
      await call(hook)
    } catch (error) {
      logger.error(`A hook of ${name} failed:`, error)
    }
  }
}
