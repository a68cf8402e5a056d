import { parseArgs } from 'node:util'

/** What one run of the benchmarks shall do. */
export type Options = {
  /** Measures a genuine server and worker beside ours. */
  peer: boolean
  /** Measures beside ours what the same store, HTTP stack and `spawn` give without Aedile. */
  limits: boolean
  /** Fewer and shorter measurements: shows that everything works and no more. */
  quick: boolean
  /** Names of groups; null: all. */
  only: string[] | null
  /** Names of databases; null: all. */
  databases: string[] | null
  json: boolean
  /** A file that gets the JSON besides; a quick run of everything has one of its own. Null: none. */
  jsonFile: string | null
  /** Runs Aedile from its sources instead of from what was built. */
  sources: boolean
  /** The folder for a CPU profile of every server of ours; null: none. */
  profileFolder: string | null
  /** How long a soak takes, and how many runs a second it makes; null: half of what was measured just before. */
  minutes: number
  rate: number | null
}

/** Reads the command line. Throws with a sentence on what it does not know. */
export function parseOptions(args: string[], known: { groups: string[]; databases: string[] }): Options {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: {
      peer: { type: 'boolean', default: false },
      limits: { type: 'boolean', default: true },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      databases: { type: 'string' },
      json: { type: 'boolean', default: false },
      'json-file': { type: 'string' },
      minutes: { type: 'string', default: '30' },
      rate: { type: 'string' },
      sources: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  })
  return {
    peer: values.peer,
    limits: values.limits,
    quick: values.quick,
    only: parseNames('--only', values.only, known.groups),
    databases: parseNames('--databases', values.databases, known.databases),
    json: values.json,
    jsonFile: values['json-file'] ?? null,
    sources: values.sources,
    profileFolder: values.profile ?? null,
    minutes: parsePositive('--minutes', values.minutes),
    rate: values.rate === undefined ? null : parsePositive('--rate', values.rate),
  }
}

function parseNames(option: string, text: string | undefined, known: string[]): string[] | null {
  if (text === undefined) return null
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`${option}: ${unknown.join(', ')} is not known. Known: ${known.join(', ')}.`)
  return names
}

function parsePositive(option: string, text: string): number {
  const number = Number(text)
  if (!(number > 0)) throw new Error(`${option}: ${text} is not a number above 0.`)
  return number
}
