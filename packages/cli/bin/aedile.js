#!/usr/bin/env node
import './check-node.js'
import './server-heap.js'

const { enableCompileCache } = await import('node:module')
enableCompileCache?.()
await import('../dist/bundle/main.js').then(({ main }) => main(process.argv.slice(2)))
