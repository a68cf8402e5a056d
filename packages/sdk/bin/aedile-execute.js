#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `aedile-execute needs Node 22.19 or newer; this is ${process.version}. Install a newer Node (https://nodejs.org) and put it first in PATH.\n`,
  )
  process.exit(1)
}
const { enableCompileCache } = await import('node:module')
enableCompileCache?.()
// By its own name, so that it is the sources in development (node --conditions=aedile-source) and dist when installed.
const { main } = await import('@aedile/sdk/execute/main')
// What a flow left behind (timers, sockets) shall not keep the process.
process.exit(await main(process.argv.slice(2)))
