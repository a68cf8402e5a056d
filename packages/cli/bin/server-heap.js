// V8 leaves garbage lying as long as memory is free: a server that lives on 30 MiB of objects grows to 300 under load. A
// server is one of many programs of its machine, so it begins anew, as the same process, with a heap that stays near to what
// it holds. That takes 30 ms at the start and some 4 % of the processor time under load. The size of the young generation
// cannot be set later; smaller than this, whole answers would be copied out of it, and reading lists would cost twice. When
// the process waits, the server itself has its garbage collected: V8's own way would do it again, eight seconds later.
const FLAGS = ['--max-semi-space-size=4', '--initial-old-space-size=32', '--heap-growing-percent=30', '--no-memory-reducer']

const args = process.argv.slice(2)
const isServer = args.some((word, index) => word === 'server' && args[index + 1] === 'start')
const given = `${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`
// Absent on Windows. Whoever sets sizes knows better.
if (isServer && process.execve && !/--(max|min|initial)[-_](semi|old|heap)/.test(given)) {
  process.execve(process.execPath, [process.execPath, ...FLAGS, ...process.execArgv, ...process.argv.slice(1)], process.env)
}
