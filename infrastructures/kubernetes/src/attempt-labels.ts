/** The label of everything that an attempt made. */
export const ATTEMPT_LABEL = 'aedile.io/attempt'

/** The label of everything that was made for a server; the annotation of the same name holds what no label can. */
export const SERVER_LABEL = 'aedile.io/server'
