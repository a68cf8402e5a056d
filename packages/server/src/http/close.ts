import type { FastifyInstance } from 'fastify'

const IDLE_MILLISECONDS = 50

/**
 * Stops answering: no new connection is taken, answers in flight are finished, and connections are closed as they fall
 * idle, though their clients would keep them. What is left at the deadline is cut.
 */
export async function closeHttp(app: FastifyInstance, timeoutSeconds: number): Promise<void> {
  const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_MILLISECONDS)
  const deadline = setTimeout(() => app.server.closeAllConnections(), timeoutSeconds * 1000)
  try {
    await app.close()
  } finally {
    clearInterval(idle)
    clearTimeout(deadline)
  }
}
