import { parseArgs } from 'node:util'

/** What one run of the benchmarks shall do. */
export type Options = {
  /** Measures a genuine server and worker beside ours. */
  peer: boolean
  /** Fewer and shorter measurements: shows that everything works and no more. */
  quick: boolean
  /** Names of groups; null: all. */
  only: string[] | null
  /** Names of databases; null: all. */
  databases: string[] | null
  json: boolean
  /** Runs Aedile from its sources instead of from what was built. */
  sources: boolean
  /** The folder for a CPU profile of every server of ours; null: none. */
  profileFolder: string | null
}

/** Reads the command line. Throws with a sentence on what it does not know. */
export function parseOptions(args: string[], known: { groups: string[]; databases: string[] }): Options {
  const { values } = parseArgs({
    args,
    options: {
      peer: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      databases: { type: 'string' },
      json: { type: 'boolean', default: false },
      sources: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  })
  return {
    peer: values.peer,
    quick: values.quick,
    only: parseNames('--only', values.only, known.groups),
    databases: parseNames('--databases', values.databases, known.databases),
    json: values.json,
    sources: values.sources,
    profileFolder: values.profile ?? null,
  }
}

function parseNames(option: string, text: string | undefined, known: string[]): string[] | null {
  if (text === undefined) return null
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`${option}: ${unknown.join(', ')} is not known. Known: ${known.join(', ')}.`)
  return names
}
