import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AedileError } from '@aedile/core/errors'
import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import type { InfrastructureDriver } from '@aedile/worker/infrastructure-driver'
import { bundleFolder, ownFolder, readOwnPackage, readOwnVersion } from './own-package.ts'

/** A package that names the types of infrastructure that it brings, in the field `aedile` of its package.json. */
export type InfrastructurePackage = { name: string; types: string[] }

/**
 * Finds the infrastructures: dependencies of `aedile` that name their types, and those in AEDILE_INFRASTRUCTURES (package
 * names or folders, separated by commas). No list of types exists anywhere.
 */
export function findInfrastructures(extra: string[]): InfrastructurePackage[] {
  const own = Object.keys(readOwnPackage().dependencies).flatMap((name) => {
    const types = readPackage(name)?.aedile?.types
    return types ? [{ name, types }] : []
  })
  return [...own, ...extra.map(readNamed)]
}

/** A package that somebody named must be one: to leave it out in silence would show much later, as an unknown type. */
function readNamed(name: string): InfrastructurePackage {
  const found = readPackage(name)
  const types = found?.aedile?.types
  if (Array.isArray(types)) return { name, types }
  const why = found
    ? 'has no "aedile": {"types": [...]} in its package.json'
    : `is not installed (looked for from ${process.cwd()})`
  throw new AedileError('infrastructure_package_invalid', { name, why })
}

/** The pure halves of all infrastructures. */
export async function loadDefinitions(packages: InfrastructurePackage[]): Promise<InfrastructureDefinition[]> {
  const modules = await Promise.all(
    packages.map(({ name }) => load<{ definitions: InfrastructureDefinition[] }>(name, 'definition')),
  )
  return modules.flatMap(({ definitions }) => definitions)
}

/** The definition and the driver of one type. */
export async function loadInfrastructure(
  packages: InfrastructurePackage[],
  type: string,
): Promise<{ definition: InfrastructureDefinition; driver: InfrastructureDriver }> {
  const definition = await loadDefinition(packages, type)
  const { name } = findPackage(packages, type)
  if (!hasEntry(name, 'driver')) throw new AedileError('infrastructure_without_driver', { type, package: name })
  const { drivers } = await load<{ drivers: InfrastructureDriver[] }>(name, 'driver')
  return { definition, driver: pickType(packages, drivers, type) }
}

/** The pure half of one type. */
export async function loadDefinition(packages: InfrastructurePackage[], type: string): Promise<InfrastructureDefinition> {
  const module = await load<{ definitions: InfrastructureDefinition[] }>(findPackage(packages, type).name, 'definition')
  return pickType(packages, module.definitions, type)
}

function findPackage(packages: InfrastructurePackage[], type: string): InfrastructurePackage {
  return pickType(
    packages,
    packages.flatMap((one) => one.types.map((named) => ({ ...one, type: named }))),
    type,
  )
}

function pickType<T extends { type: string }>(packages: InfrastructurePackage[], candidates: T[], type: string): T {
  const found = candidates.find((one) => one.type === type)
  const known = packages.flatMap(({ types }) => types).join(', ')
  if (!found) throw new AedileError('infrastructure_type_unknown', { type, known })
  return found
}

/** The package.json of an installed package; null when there is none. */
export function readPackage(name: string): { aedile?: { types: string[]; blocks?: string[] } } | null {
  const folder = folderOf(name)
  return folder ? JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) : null
}

/** The folder of an installed package, seen from the working directory and from `aedile` itself; null when there is none. */
export function folderOf(name: string): string | null {
  if (name.startsWith('.') || name.startsWith('/')) return existsSync(join(name, 'package.json')) ? resolve(name) : null
  for (const start of [process.cwd(), ownFolder()]) {
    for (let folder = start; ; folder = dirname(folder)) {
      const candidate = join(folder, 'node_modules', name)
      if (existsSync(join(candidate, 'package.json'))) return candidate
      if (folder === dirname(folder)) break
    }
  }
  return null
}

/** Loads a module of an installed package by its exported name. */
export async function load<Module>(name: string, entry: string): Promise<Module> {
  const folder = folderOf(name)
  if (!folder) throw new AedileError('infrastructure_type_unknown', { type: name, known: 'none' })
  const file = bundledEntry(name, folder, entry) ?? resolveEntry(folder, entry)
  return import(pathToFileURL(file).href) as Promise<Module>
}

/** The build has the infrastructures that `aedile` depends on beside itself, so that all of it shares one core. */
function bundledEntry(name: string, folder: string, entry: string): string | null {
  const bundle = bundleFolder()
  if (bundle === null || !(name in readOwnPackage().dependencies) || versionOf(folder) !== readOwnVersion()) return null
  const file = join(bundle, 'infrastructures', name, `${entry}.js`)
  return existsSync(file) ? file : null
}

/** Resolved from the package itself, so that its own exports decide which file it is. */
function resolveEntry(folder: string, entry: string): string {
  return createRequire(join(folder, 'package.json')).resolve(`${ownName(folder)}/${entry}`)
}

function hasEntry(name: string, entry: string): boolean {
  const folder = folderOf(name)
  try {
    return folder !== null && existsSync(resolveEntry(folder, entry))
  } catch {
    return false
  }
}

function ownName(folder: string): string {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name
}

function versionOf(folder: string): string {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
}
