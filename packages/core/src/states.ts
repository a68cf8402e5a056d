/** The types of a state, in the spelling of the API. Source: Prefect 3 API, StateType. */
export const STATE_TYPES = [
  'SCHEDULED',
  'PENDING',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'CRASHED',
  'PAUSED',
  'CANCELLING',
] as const

export type StateType = (typeof STATE_TYPES)[number]

/** States that a run does not leave by itself. */
export const TERMINAL_STATE_TYPES = ['COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED'] as const

/** True when a run in this state has ended. */
export function isTerminal(type: StateType | null | undefined): boolean {
  return type != null && (TERMINAL_STATE_TYPES as readonly StateType[]).includes(type)
}

/** The name that a state gets when none is given: the type with a capital first letter. */
export function defaultStateName(type: StateType): string {
  return type.charAt(0) + type.slice(1).toLowerCase()
}
