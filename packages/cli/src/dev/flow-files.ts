import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CliFailure, EXIT_CODES } from '../failure.ts'

/** A file of code: one that may have flows, or one that such a file may use. */
export type CodeFile = { path: string; hasFlows: boolean; stamp: string }

/** The code that was found, and the folders in which a change may change that. */
export type FoundCode = { files: CodeFile[]; folders: string[] }

const CODE = /(?<!\.d)\.m?[tj]s$/
const TEST = /\.(test|spec)\.\w+$/
/** Folders that hold what others wrote, or what was made of the code. */
const LEFT_OUT = ['node_modules', 'dist', 'build', 'coverage']
/** Importing a file runs it: within a folder only those are that can have a flow. */
const IMPORTS_SDK = /['"]@aedile\/sdk['"]/

/** Finds the code of files and folders. A file that is named itself is always taken to have flows. */
export function findCode(paths: string[], folder: string): FoundCode {
  const files = new Map<string, CodeFile>()
  const folders = new Set<string>()
  for (const path of paths.map((one) => resolve(folder, one))) {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.isDirectory()) walk(path, files, folders)
    else {
      folders.add(dirname(path))
      if (found) files.set(path, { path, hasFlows: true, stamp: stampOf(path) })
    }
  }
  return { files: [...files.values()], folders: [...folders] }
}

/** Refuses paths that do not exist, or are no code. */
export function checkPaths(paths: string[], folder: string): void {
  for (const path of paths) {
    const found = statSync(resolve(folder, path), { throwIfNoEntry: false })
    if (!found) throw new CliFailure(`There is no ${path} here.`, EXIT_CODES.notFound.code)
    if (found.isDirectory() || CODE.test(path)) continue
    throw new CliFailure(`${path} is no file of TypeScript or JavaScript. Flows in Python: aedile deploy`, EXIT_CODES.usage.code)
  }
}

function walk(folder: string, files: Map<string, CodeFile>, folders: Set<string>): void {
  folders.add(folder)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.')) continue
    if (entry.isDirectory()) {
      if (!LEFT_OUT.includes(entry.name)) walk(path, files, folders)
    } else if (entry.isFile() && CODE.test(entry.name) && !TEST.test(entry.name) && !files.has(path)) {
      files.set(path, readCode(path))
    }
  }
}

function readCode(path: string): CodeFile {
  try {
    return { path, hasFlows: IMPORTS_SDK.test(readFileSync(path, 'utf8')), stamp: stampOf(path) }
  } catch {
    // Removed since it was listed.
    return { path, hasFlows: false, stamp: '' }
  }
}

function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? `${found.mtimeMs} ${found.size}` : ''
}
