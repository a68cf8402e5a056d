// Runs before anything else is imported: a native module on an older Node does not fail, it ends the process.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `aedile needs Node 22.19 or newer, this is ${process.version}. Install a newer Node (https://nodejs.org), or: npx -p node@24 -p aedile aedile ...`,
  )
  process.exit(1)
}
