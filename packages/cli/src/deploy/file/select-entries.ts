import { findNearest } from '@aedile/core/nearest'
import { CliFailure, EXIT_CODES } from '../../failure.ts'
import type { DeployEntry } from './deploy-entry.ts'

/** Which deployments of a file are meant, and what they are called. */
export type Selection = {
  entries: DeployEntry[]
  /** The name that the one deployment gets, when it is named on the command line. */
  name: string | null
  /** What should be said about it. */
  notes: string[]
}

/**
 * Selects by `--all`, or by names: `name`, `flow/name`, `*` for any text in either. A file with one deployment needs no
 * name, and a name then renames it. A name that no deployment has makes a new one, where an entrypoint or flow was given.
 */
export function selectEntries(
  entries: DeployEntry[],
  { names, all, isNew }: { names: string[]; all: boolean; isNew: boolean },
): Selection {
  if (all && names.length > 0) throw new CliFailure('Give --all or --name, not both.', EXIT_CODES.usage.code)
  if (all) {
    if (entries.length === 0) throw new CliFailure('--all: no file here describes deployments.', EXIT_CODES.notFound.code)
    return { entries, name: null, notes: [] }
  }
  const wanted = names.flatMap((name) => (name.includes('*') ? matchNames(entries, name) : [name]))
  if (entries.length <= 1 && wanted.length <= 1) return takeTheOne(entries, wanted[0])
  if (wanted.length === 0) {
    const known = entries.map((entry) => entry.name).join(', ')
    throw new CliFailure(`Which deployment? Name one (--name), or take --all. There are: ${known}`, EXIT_CODES.usage.code)
  }
  return takeNamed(entries, wanted, isNew)
}

function takeTheOne([entry]: DeployEntry[], wanted: string | undefined): Selection {
  const name = wanted === undefined ? null : shortName(wanted)
  const renamed = entry?.name && name !== null && name !== entry.name
  const notes = renamed ? [`The file's one deployment, ${entry.name}, is deployed under the name ${name}.`] : []
  return { entries: [entry ?? {}], name, notes }
}

function takeNamed(entries: DeployEntry[], wanted: string[], isNew: boolean): Selection {
  const found = [...new Set(wanted.flatMap((name) => entries.filter((entry) => isMeant(entry, name))))]
  const missing = wanted.filter((name) => !entries.some((entry) => isMeant(entry, name)))
  const [first] = missing
  const [only] = wanted
  if (first === undefined) return { entries: found, name: null, notes: [] }
  if (isNew && wanted.length === 1 && only !== undefined) return { entries: [{}], name: shortName(only), notes: [] }
  const known = entries.flatMap(fullNames)
  const nearest = findNearest(first, known)
  const hint = nearest ? `Did you mean ${nearest}?` : `There are: ${entries.map((entry) => entry.name).join(', ')}`
  throw new CliFailure(`The file has no deployment ${first}. ${hint}`, EXIT_CODES.notFound.code)
}

function matchNames(entries: DeployEntry[], pattern: string): string[] {
  const [flow, name] = pattern.includes('/') ? pattern.split(/\/(.*)/s) : [null, pattern]
  const found = entries.filter(
    (entry) => entry.name && matches(entry.name, name!) && (!flow || flowNames(entry).some((one) => matches(one, flow))),
  )
  if (found.length > 0) return found.flatMap((entry) => (flow ? fullNames(entry).slice(1, 2) : [entry.name!]))
  const known = entries.map((entry) => entry.name).join(', ') || 'none'
  throw new CliFailure(`No deployment of the file matches ${pattern}. There are: ${known}`, EXIT_CODES.notFound.code)
}

function matches(text: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text)
}

function isMeant(entry: DeployEntry, wanted: string): boolean {
  return fullNames(entry).includes(wanted)
}

/** The names by which an entry may be meant: its own, then with its flow before it. */
function fullNames(entry: DeployEntry): string[] {
  if (!entry.name) return []
  return [entry.name, ...flowNames(entry).map((flow) => `${flow}/${entry.name}`)]
}

/** What the flow may be called: by its name, and by its function with `_` and with `-`. */
function flowNames({ entrypoint, flow_name: name }: DeployEntry): string[] {
  const called = entrypoint?.split(':').at(-1)
  return [...new Set([...(name ? [name] : []), ...(called ? [called.replaceAll('_', '-'), called] : [])])]
}

function shortName(name: string): string {
  return name.slice(name.indexOf('/') + 1)
}
