/** Resolves when somebody asks this process to end. Until then it lives. */
export async function untilEnded() {
  const ended = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve)
  })
  const idle = setInterval(() => {}, 60_000)
  await ended
  clearInterval(idle)
}
