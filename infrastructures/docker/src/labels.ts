/** The labels by which a container is found again: whose attempt it is, and which server's. */
export const ATTEMPT_LABEL = 'io.aedile.attempt'
export const SERVER_LABEL = 'io.aedile.server'
/** What an observer must know who has only the container: that it is removed after the report, and that its output is not followed. */
export const REMOVE_LABEL = 'io.aedile.remove'
export const QUIET_LABEL = 'io.aedile.quiet'
/** The name that was wanted, on a container that another attempt's made take `<name>-1`. */
export const NAME_LABEL = 'io.aedile.name'
