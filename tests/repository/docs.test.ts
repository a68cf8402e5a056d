import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { generatedPages } from '../../scripts/generated-pages.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

describe('the documentation', () => {
  it.each(Object.entries(generatedPages()))('docs/%s is what the code says (else: npm run docs)', (name, text) => {
    expect(readFileSync(join(root, 'docs', name), 'utf8')).toBe(text)
  })

  it.each(pages)('%s links only to what exists', (page) => {
    const text = readFileSync(join(root, page), 'utf8')
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!)
    expect(links.filter((link) => !existsSync(resolve(root, dirname(page), link)))).toEqual([])
  })

  it('names only files in ARCHITECTURE.md that exist', () => {
    const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
    const paths = [...text.matchAll(/`((?:packages|infrastructures|tests|scripts|examples|bench|docs)\/[\w./-]+)`/g)].map(
      (match) => match[1]!,
    )
    expect(paths.length).toBeGreaterThan(20)
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('has one line in docs/dependencies.md for every dependency', () => {
    const manifests = [
      'package.json',
      ...['packages', 'infrastructures'].flatMap((folder) =>
        readdirSync(join(root, folder)).map((name) => `${folder}/${name}/package.json`),
      ),
    ]
    const names = manifests.flatMap((path) => {
      const {
        dependencies = {},
        devDependencies = {},
        optionalDependencies = {},
      } = JSON.parse(readFileSync(join(root, path), 'utf8'))
      return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
    })
    const text = readFileSync(join(root, 'docs/dependencies.md'), 'utf8')
    const missing = [...new Set(names)].filter(
      (name) => !name.startsWith('@aedile/') && !name.startsWith('@types/') && !text.includes(`\`${name}\``),
    )
    expect(missing).toEqual([])
  })
})
