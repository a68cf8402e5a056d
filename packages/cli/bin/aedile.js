#!/usr/bin/env node
import './check-node.js'

await import('../dist/bundle/main.js').then(({ main }) => main(process.argv.slice(2)))
