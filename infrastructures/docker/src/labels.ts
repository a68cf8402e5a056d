/** The labels by which a container is found again: whose attempt it is, and which server's. */
export const ATTEMPT_LABEL = 'io.aedile.attempt'
export const SERVER_LABEL = 'io.aedile.server'
