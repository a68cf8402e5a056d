import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DEFAULT_IMAGE } from '@aedile/core/templates/default-image'
import { isScriptEntrypoint } from '@aedile/core/templates/prepare'

/** What a project is written in. */
export type Language = 'typescript' | 'python'

export type MadeDockerfile = {
  text: string
  /** Where the project's files are in the image. */
  directory: string
}

/** The image that a TypeScript project starts from. */
export const NODE_IMAGE = 'node:24-slim'
/** What is not meant for an image, when the project has no .dockerignore of its own. */
export const MADE_IGNORE = ['.git', '**/node_modules', '**/__pycache__', '**/.venv', '**/venv', '**/.env', '**/.env.*']

/** The language of an entrypoint, else of the files that are there. A folder that tells nothing is Python, as for genuine clients. */
export function readLanguage(folder: string, entrypoint: string | null): Language {
  if (entrypoint !== null) return isScriptEntrypoint(entrypoint) ? 'typescript' : 'python'
  const isPython = ['requirements.txt', 'pyproject.toml', 'setup.py'].some((name) => existsSync(join(folder, name)))
  return existsSync(join(folder, 'package.json')) && !isPython ? 'typescript' : 'python'
}

/**
 * Makes the Dockerfile of a project that has none: dependencies first, so that a change of the code installs nothing
 * anew. The Python one is what a genuine client makes. A base image that somebody named has what a project without a
 * list of dependencies needs.
 */
export function makeDockerfile(options: {
  folder: string
  language: Language
  baseImage: string | null
  /** The version of `@aedile/sdk` for a project that names none. */
  version: string
}): MadeDockerfile {
  const { folder, language, baseImage } = options
  const directory = `/opt/prefect/${folderName(folder)}`
  const base = baseImage ?? (language === 'typescript' ? NODE_IMAGE : DEFAULT_IMAGE)
  const lines = language === 'typescript' ? nodeLines(options, directory) : pythonLines(options, directory)
  return { text: `${[`FROM ${base}`, ...lines].join('\n')}\n`, directory }
}

function pythonLines({ folder, baseImage }: { folder: string; baseImage: string | null }, directory: string): string[] {
  const installer = baseImage === null || /(^|\/)prefecthq\/prefect:/.test(baseImage) ? 'uv pip install' : 'python -m pip install'
  const requirements = [
    `COPY requirements.txt ${directory}/requirements.txt`,
    `RUN ${installer} -r ${directory}/requirements.txt`,
  ]
  return [...(existsSync(join(folder, 'requirements.txt')) ? requirements : []), `COPY . ${directory}/`, `WORKDIR ${directory}/`]
}

function nodeLines(options: Parameters<typeof makeDockerfile>[0], directory: string): string[] {
  return [
    `WORKDIR ${directory}/`,
    ...installLines(options, directory),
    `COPY . ${directory}/`,
    // Where the command of a run, aedile-execute, is found.
    `ENV NODE_ENV=production PATH=${directory}/node_modules/.bin:/opt/prefect/node_modules/.bin:$PATH`,
  ]
}

/** By the lock file that is there: what is installed is what was locked. */
function installLines({ folder, baseImage, version }: Parameters<typeof makeDockerfile>[0], directory: string): string[] {
  const has = (name: string) => existsSync(join(folder, name))
  if (!has('package.json')) {
    // One folder above the code, where Node finds it as well.
    return baseImage === null ? [`RUN npm install --prefix /opt/prefect --no-audit --no-fund @aedile/sdk@${version}`] : []
  }
  const lock = LOCKS.find(({ file }) => has(file)) ?? { file: null, install: 'npm install --omit=dev --no-audit --no-fund' }
  const files = ['package.json', lock.file, '.npmrc', '.yarnrc.yml', 'pnpm-workspace.yaml'].filter((name) => name && has(name))
  return [`COPY ${files.join(' ')} ${directory}/`, `RUN ${lock.install}`]
}

const LOCKS = [
  { file: 'package-lock.json', install: 'npm ci --omit=dev --no-audit --no-fund' },
  { file: 'npm-shrinkwrap.json', install: 'npm ci --omit=dev --no-audit --no-fund' },
  { file: 'pnpm-lock.yaml', install: 'corepack enable && pnpm install --prod --frozen-lockfile' },
  { file: 'yarn.lock', install: 'corepack enable && yarn install' },
]

/** As part of a path in a Dockerfile, where spaces and dollars mean something. */
function folderName(folder: string): string {
  return basename(folder).replace(/[^\w.-]+/g, '-') || 'flows'
}
