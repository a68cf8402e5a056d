import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Which rooms a package may look into. Nothing imports the command line; infrastructures never import each other. */
const DIRECTIONS: Record<string, string[]> = {
  'packages/core': [],
  'packages/server': ['@aedile/core'],
  'packages/worker': ['@aedile/core'],
  'packages/sdk': ['@aedile/core'],
  'packages/cli': ['@aedile/core', '@aedile/server', '@aedile/worker', '@aedile/sdk', '@aedile/process'],
  'packages/infrastructure': ['@aedile/core', '@aedile/worker', '@aedile/process', '@aedile/docker'],
  'infrastructures/kubernetes': ['@aedile/core'],
  'infrastructures/docker': ['@aedile/core', '@aedile/worker'],
  'infrastructures/cloud-run': ['@aedile/core'],
  'infrastructures/process': ['@aedile/core', '@aedile/worker'],
}

/** Inside the server: http -> orchestration -> store, never upward. */
const SERVER_LAYERS: Record<string, string[]> = {
  store: ['http', 'orchestration', 'services', 'dispatch', 'scheduling'],
  orchestration: ['http', 'services'],
  dispatch: ['http', 'services', 'orchestration'],
  scheduling: ['http', 'services', 'orchestration'],
}

type Import = { from: string; specifier: string; typeOnly: boolean }

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return ['node_modules', 'dist', 'fixtures', 'testing'].includes(entry.name) ? [] : sourceFiles(path)
    return /\.tsx?$/.test(entry.name) && !entry.name.includes('.test.') ? [path] : []
  })
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8')
  const found: Import[] = []
  for (const match of text.matchAll(/^(?:import|export)\s+(type\s+)?[^'"\n]*?(?:[^;'"]*?from\s+)?['"]([^'"]+)['"]/gm)) {
    found.push({ from: file, specifier: match[2]!, typeOnly: Boolean(match[1]) })
  }
  for (const match of text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    found.push({ from: file, specifier: match[1]!, typeOnly: false })
  }
  return found
}

const files = Object.keys(DIRECTIONS).flatMap((folder) => sourceFiles(join(root, folder, 'src')))
const imports = files.flatMap(importsOf)

describe('the import graph', () => {
  it('is read at all', () => {
    expect(files.length).toBeGreaterThan(100)
    expect(imports.length).toBeGreaterThan(files.length)
  })

  it.each(Object.entries(DIRECTIONS))('%s looks only into the rooms that it may', (folder, allowed) => {
    const wrong = imports
      .filter(({ from }) => from.startsWith(join(root, folder, 'src')))
      .filter(({ specifier }) => /^(@aedile\/|aedile(\/|$))/.test(specifier))
      .filter(({ specifier }) => !allowed.some((name) => specifier === name || specifier.startsWith(`${name}/`)))
    expect(wrong.map(({ from, specifier }) => `${relative(root, from)} imports ${specifier}`)).toEqual([])
  })

  it('no package reaches into another by a relative path', () => {
    const wrong = imports.filter(({ from, specifier }) => {
      if (!specifier.startsWith('.')) return false
      const home = Object.keys(DIRECTIONS).find((folder) => from.startsWith(join(root, folder, '/')))!
      return !resolve(dirname(from), specifier).startsWith(join(root, home, '/'))
    })
    expect(wrong.map(({ from, specifier }) => `${relative(root, from)} imports ${specifier}`)).toEqual([])
  })

  it.each(Object.entries(SERVER_LAYERS))('inside the server, %s never looks upward', (layer, above) => {
    const home = join(root, 'packages/server/src')
    const wrong = imports
      .filter(({ from, specifier }) => from.startsWith(join(home, layer, '/')) && specifier.startsWith('.'))
      .filter(({ from, specifier }) => above.includes(relative(home, resolve(dirname(from), specifier)).split('/')[0]!))
    expect(wrong.map(({ from, specifier }) => `${relative(root, from)} imports ${specifier}`)).toEqual([])
  })

  it('has no cycles', () => {
    const graph = new Map<string, string[]>()
    for (const { from, specifier, typeOnly } of imports) {
      if (typeOnly || !specifier.startsWith('.')) continue
      graph.set(from, [...(graph.get(from) ?? []), resolve(dirname(from), specifier)])
    }
    expect(findCycle(graph)).toBeNull()
  })

  it('every infrastructure keeps its definition free of vendors and of node', () => {
    const allowed = /^(@aedile\/core\/|zod$|\.\.?\/)/
    const wrong = imports.filter(
      ({ from, specifier }) =>
        /infrastructures\/[^/]+\/src\/(?:v\d\/)?(definition|request|outcome)\.ts$/.test(from) && !allowed.test(specifier),
    )
    expect(wrong.map(({ from, specifier }) => `${relative(root, from)} imports ${specifier}`)).toEqual([])
  })
})

function findCycle(graph: Map<string, string[]>): string[] | null {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): string[] | null => {
    const start = path.indexOf(file)
    if (start >= 0) return [...path.slice(start), file].map((name) => relative(root, name))
    if (done.has(file)) return null
    path.push(file)
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next)
      if (cycle) return cycle
    }
    path.pop()
    done.add(file)
    return null
  }
  for (const file of graph.keys()) {
    const cycle = visit(file)
    if (cycle) return cycle
  }
  return null
}
