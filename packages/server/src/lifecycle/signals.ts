/** The part of a running server that signals need. */
type Stoppable = { stop(): Promise<void> }

/** SIGINT and SIGTERM stop the server; a second one ends the process at once. Returns what takes the handlers off again. */
export function installSignals(server: Stoppable, exit: (code: number) => void = process.exit): () => void {
  let isStopping = false
  const handlers = (['SIGINT', 'SIGTERM'] as const).map((name) => {
    const handle = () => {
      if (isStopping) return exit(name === 'SIGINT' ? 130 : 143)
      isStopping = true
      server.stop().then(
        () => exit(0),
        () => exit(1),
      )
    }
    process.on(name, handle)
    return { name, handle }
  })
  return () => {
    for (const { name, handle } of handlers) process.off(name, handle)
  }
}
