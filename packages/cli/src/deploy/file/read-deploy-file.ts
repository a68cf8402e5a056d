import { existsSync, readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { LineCounter, parseDocument, type ScalarTag, type Tags } from 'yaml'
import { CliFailure, EXIT_CODES } from '../../failure.ts'
import { type Actions, type DeployEntry, deployFile } from './deploy-entry.ts'

/** The files that are looked for, the first that exists. */
export const DEPLOY_FILES = ['aedile.yaml', 'prefect.yaml']

/** The deployments that a file describes. */
export type DeployFile = { path: string; deployments: DeployEntry[]; actions: Actions }

/** Reads the named file, else the one of the folder; null when there is none. A file that is wrong is an error. */
export function readDeployFile(named: string | undefined, folder: string): DeployFile | null {
  const path = named ?? DEPLOY_FILES.find((name) => existsSync(resolve(folder, name)))
  if (path === undefined) return null
  const parsed = deployFile.safeParse(parseYaml(path, readText(resolve(folder, path))) ?? {})
  if (parsed.success) {
    const { deployments, ...actions } = parsed.data
    return { path: basename(path), deployments, actions }
  }
  const faults = parsed.error.issues.map(({ path: place, message }) => `  ${place.join('.') || 'the file'}: ${message}`)
  throw new CliFailure(`${path} describes no deployments:\n${faults.join('\n')}`, EXIT_CODES.usage.code)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new CliFailure(`${path} cannot be read: ${(error as Error).message}`, EXIT_CODES.usage.code)
  }
}

/** As a genuine client reads it: YAML 1.1, where `yes` is true but `y` is a text. A date stays as it is written. */
function parseYaml(path: string, text: string): unknown {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    version: '1.1',
    lineCounter: lines,
    prettyErrors: false,
    customTags: (tags) => [...TRUTH, ...tags.filter((tag) => !isReplaced(tag))],
  })
  const [error] = document.errors
  if (!error) return document.toJS()
  const { line, col } = lines.linePos(error.pos[0])
  throw new CliFailure(`${path}:${line}:${col}: ${error.message}`, EXIT_CODES.usage.code)
}

const BOOL = 'tag:yaml.org,2002:bool'

const TRUTH: ScalarTag[] = [
  { tag: BOOL, default: true, test: /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/, resolve: () => true },
  { tag: BOOL, default: true, test: /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/, resolve: () => false },
]

function isReplaced(tag: Tags[number]): boolean {
  return typeof tag !== 'string' && (tag.tag === BOOL || tag.tag === 'tag:yaml.org,2002:timestamp')
}
