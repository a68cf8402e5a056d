/**
 * The header by which a worker or its child names the attempt it belongs to. The same as in attempts/messages.ts (a test
 * compares them), kept apart so that a client does not load schemas.
 */
export const ATTEMPT_HEADER = 'x-aedile-attempt'
