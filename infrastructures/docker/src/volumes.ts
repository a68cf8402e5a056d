import { pythonRepr } from '@aedile/core/python-text'

const VOLUME = /^(?:(?<anonymous>\/[^:]+)|(?<source>(?:[A-Za-z]:\\|\\\\|\/)?[^:]+):(?<target>\/?[^:]+)(?::(?<option>[^\n]+))?)$/
const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/

/** What is wrong with a volume text in its genuine wording, or null. Source: INF B.1. */
export function findVolumeFault(volume: string): string | null {
  const trimmed = volume.trim()
  if (trimmed === '') return 'Invalid volume specification: cannot be empty'
  const parts = VOLUME.exec(trimmed)?.groups
  if (!parts) return `Invalid volume specification: ${volume}`
  const { anonymous, source = '', target = '', option } = parts
  if (anonymous !== undefined) return null
  if (isBindSource(source)) {
    if (!target.startsWith('/')) return 'For bind mounts, container path must be absolute'
  } else if (!VOLUME_NAME.test(source)) {
    return `Invalid volume name: ${pythonRepr(source)}: a name matches [a-zA-Z0-9][a-zA-Z0-9_.-]*, a path begins with / or ./, and nothing is expanded`
  }
  if (option === undefined || option === 'ro' || option === 'rw') return null
  return `Invalid volume option: ${pythonRepr(option)}. Must be 'ro' or 'rw'`
}

function isBindSource(source: string): boolean {
  return source.startsWith('/') || /^[A-Za-z]:\\/.test(source) || source.startsWith('\\\\') || isRelativeSource(source)
}

function isRelativeSource(source: string): boolean {
  return source === '.' || source === '..' || /^\.{1,2}[/\\]/.test(source)
}

/** A volume text whose relative source is made absolute against a directory, as it is when the container is created. */
export function resolveVolume(volume: string, directory: string): string {
  const colon = volume.indexOf(':')
  if (colon < 0 || !isRelativeSource(volume.slice(0, colon))) return volume
  return `${toAbsolutePath(volume.slice(0, colon), directory)}${volume.slice(colon)}`
}

function toAbsolutePath(path: string, directory: string): string {
  const steps: string[] = []
  for (const step of `${directory}/${path}`.split('/')) {
    if (step === '..') steps.pop()
    else if (step !== '' && step !== '.') steps.push(step)
  }
  return `${directory.startsWith('/') ? '/' : ''}${steps.join('/')}`
}

/** The path inside the container that docker-py declares for a bind. It takes a letter before a colon for a drive. */
export function mountPoint(bind: string): string {
  const [drive, rest] = splitDrive(bind)
  const colon = rest.indexOf(':')
  const target = colon < 0 ? '' : rest.slice(colon + 1)
  if (colon < 0 || target === 'ro' || target === 'rw') return drive + (colon < 0 ? rest : rest.slice(0, colon))
  return target.endsWith(':ro') || target.endsWith(':rw') ? target.slice(0, -3) : target
}

/** As Python's ntpath.splitdrive: a drive letter, or the two first names of a network path. */
function splitDrive(path: string): [string, string] {
  const slashed = path.replaceAll('/', '\\')
  if (slashed.startsWith('\\\\')) {
    const share = slashed.indexOf('\\', 2)
    if (share < 0) return [path, '']
    const end = slashed.indexOf('\\', share + 1)
    return end < 0 ? [path, ''] : [path.slice(0, end), path.slice(end)]
  }
  return path[1] === ':' ? [path.slice(0, 2), path.slice(2)] : ['', path]
}
