import { writeFileSync } from 'node:fs'
import { generatedPages } from './generated-pages.ts'

// Writes the pages of docs/ that list things: commands, settings, errors. A test holds them equal to the code.
for (const [name, text] of Object.entries(generatedPages())) {
  writeFileSync(new URL(`../docs/${name}`, import.meta.url), text)
  process.stdout.write(`docs/${name}\n`)
}
