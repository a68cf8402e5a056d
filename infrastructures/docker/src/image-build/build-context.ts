import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { AedileError } from '@aedile/core/errors'
import dockerIgnore from '@balena/dockerignore'
import { type PackOptions, pack } from 'tar-fs'

/** A folder as a build gets it. */
export type BuildContext = {
  folder: string
  /** The Dockerfile's name within the context. */
  dockerfile: string
  /** Files beside those of the folder. */
  extra: { name: string; text: string }[]
  /** Lines of .dockerignore. */
  ignored: string[]
}

/** A Dockerfile of the project, or the text of one that was made. */
export type DockerfileSource = { path: string } | { text: string; ignore: string[] }

/**
 * Describes the context of a build. A Dockerfile of its own .dockerignore (`NAME.dockerignore`) goes by that one. One from
 * outside the folder, or a made one, joins under a name that the engine leaves out of the image.
 * @throws AedileError `dockerfile_missing`, or `image_option_invalid` for a folder that is none.
 */
export function describeContext(folder: string, source: DockerfileSource): BuildContext {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new AedileError('image_option_invalid', { why: `${folder} is no folder.` })
  }
  const own = readIgnored(join(folder, '.dockerignore'))
  if ('text' in source) return addDockerfile(folder, source.text, own ?? source.ignore, own)
  const path = resolve(folder, source.path)
  if (!existsSync(path) || !statSync(path).isFile()) throw new AedileError('dockerfile_missing', { path })
  const ignored = readIgnored(`${path}.dockerignore`) ?? own ?? []
  const within = relative(folder, path)
  if (within.startsWith('..') || isAbsolute(within)) return addDockerfile(folder, readFileSync(path, 'utf8'), ignored, own)
  return { folder, dockerfile: within.split(sep).join('/'), extra: [], ignored }
}

/** The engine removes a Dockerfile before it builds when .dockerignore names it. */
function addDockerfile(folder: string, text: string, ignored: string[], own: string[] | null): BuildContext {
  const dockerfile = `.dockerfile.${createHash('sha256').update(text).digest('hex').slice(0, 20)}`
  const lines = [...(own ?? ['.dockerignore']), dockerfile]
  const extra = [
    { name: dockerfile, text },
    { name: '.dockerignore', text: `${lines.join('\n')}\n` },
  ]
  return { folder, dockerfile, extra, ignored }
}

/** The files of a context in order, with `/` between folders. What .dockerignore leaves out is not even listed. */
export async function listContext({ folder, dockerfile, extra, ignored }: BuildContext): Promise<string[]> {
  const rules = dockerIgnore.default({ ignorecase: false }).add(ignored)
  const hasExceptions = ignored.some((line) => line.trim().startsWith('!'))
  const needed = new Set([dockerfile, '.dockerignore'])
  const replaced = new Set(extra.map(({ name }) => name))
  const found: string[] = []
  async function walk(within: string): Promise<void> {
    const entries = await readdir(join(folder, within), { withFileTypes: true })
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = within ? `${within}/${entry.name}` : entry.name
      const isLeftOut = rules.ignores(path)
      const isNeeded = needed.has(path)
      if ((!isLeftOut || isNeeded) && !replaced.has(path) && isPacked(entry)) found.push(path)
      const leadsToNeeded = dockerfile.startsWith(`${path}/`)
      if (entry.isDirectory() && (!isLeftOut || hasExceptions || leadsToNeeded)) await walk(path)
    }
  }
  await walk('')
  return found
}

function isPacked(entry: { isDirectory(): boolean; isFile(): boolean; isSymbolicLink(): boolean }): boolean {
  return entry.isFile() || entry.isDirectory() || entry.isSymbolicLink()
}

/** The context as a tar. Owners are left out, as Docker's own tools do: who builds changes nothing. */
export async function packContext(context: BuildContext): Promise<Readable> {
  // Its types do not know `umask`.
  const options: PackOptions & { umask: number } = {
    entries: await listContext(context),
    // Folders are listed with all that is wanted of them.
    ignore: () => true,
    umask: 0,
    map: (header) => ({ ...header, uid: 0, gid: 0 }),
    finalize: false,
    finish: (tar) => {
      for (const { name, text } of context.extra) tar.entry({ name, mode: 0o644, mtime: new Date(0) }, text)
      tar.finalize()
    },
  }
  return pack(context.folder, options)
}

function readIgnored(path: string): string[] | null {
  return existsSync(path) ? readFileSync(path, 'utf8').split(/\r?\n/) : null
}
