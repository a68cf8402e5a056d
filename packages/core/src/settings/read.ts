import { AedileError } from '../errors.ts'
import { findNearest } from '../nearest.ts'
import type { SettingDefinition, SettingGroup, SettingValues } from './define.ts'

/** Where settings are read from; both are handed in, nothing is looked up. */
export type SettingSources = {
  environment: Readonly<Record<string, string | undefined>>
  /** The values of the profile in use. */
  profile?: Readonly<Record<string, string>>
}

export type SettingPlace = 'environment' | 'profile' | 'command line'

/** A setting's text, the name that it was found under, and where. */
export type FoundText = { text: string; name: string; where: SettingPlace }

/** One setting with its value and where it came from. */
export type ReadSetting = { definition: SettingDefinition<unknown>; value: unknown; found: FoundText | null }

/**
 * Reads a group. The stronger first: AEDILE_* in the environment, PREFECT_* in the environment, AEDILE_* in the profile,
 * PREFECT_* in the profile, the default.
 * @throws AedileError `setting_invalid` for a text that the setting does not take.
 */
export function readSettings<Group extends SettingGroup>(group: Group, sources: SettingSources): SettingValues<Group> {
  const read = explainSettings(group, sources).map(([field, { value }]) => [field, value])
  return Object.fromEntries(read) as SettingValues<Group>
}

/** Reads a group and says of each setting where it came from. */
export function explainSettings(group: SettingGroup, sources: SettingSources): [field: string, setting: ReadSetting][] {
  return Object.entries(group).map(([field, definition]) => {
    const found = findText(definition, sources)
    return [field, { definition, value: found ? parseSetting(definition, found) : definition.default, found }]
  })
}

function findText(
  { name, fallback }: SettingDefinition<unknown>,
  { environment, profile = {} }: SettingSources,
): FoundText | null {
  for (const [where, texts] of [
    ['environment', environment],
    ['profile', profile],
  ] as const) {
    for (const known of fallback ? [name, fallback] : [name]) {
      const text = Object.hasOwn(texts, known) ? texts[known] : undefined
      if (text !== undefined) return { text, name: known, where }
    }
  }
  return null
}

/** Reads one setting's text. */
export function parseSetting<T>(definition: SettingDefinition<T>, { text, name, where }: FoundText): T {
  const parsed = definition.schema.safeParse(text)
  if (parsed.success) return parsed.data
  const came = definition.secret ? '' : `, found ${JSON.stringify(text)}`
  const why = `${parsed.error.issues[0]?.message ?? 'it has the wrong form'}${came}`
  throw new AedileError('setting_invalid', { name, where, why })
}

/** Names that are no settings: set by us for what we start, or for our tests. */
const NO_SETTINGS = /^AEDILE_(_|TEST_|ATTEMPT$)/

/**
 * Refuses AEDILE_* names that no group knows. PREFECT_* names are left alone: genuine clients have many more.
 * @throws AedileError `setting_unknown`, with the nearest known name.
 */
export function rejectUnknownSettings(groups: readonly SettingGroup[], { environment, profile = {} }: SettingSources): void {
  const known = new Set(groups.flatMap((group) => Object.values(group).map(({ name }) => name as string)))
  for (const [where, texts] of [
    ['environment', environment],
    ['profile', profile],
  ] as const) {
    for (const name of Object.keys(texts)) {
      if (!name.startsWith('AEDILE_') || NO_SETTINGS.test(name) || known.has(name)) continue
      throw new AedileError('setting_unknown', { name, where, hint: hintFor(name, known) })
    }
  }
}

/** Finds a setting by its AEDILE_* or PREFECT_* name. */
export function findSetting(groups: readonly SettingGroup[], name: string): SettingDefinition<unknown> {
  const definitions = groups.flatMap((group) => Object.values(group))
  const definition = definitions.find((one) => one.name === name || one.fallback === name)
  if (definition) return definition
  const known = definitions.flatMap((one) => (name.startsWith('PREFECT_') && one.fallback ? [one.fallback] : [one.name]))
  throw new AedileError('setting_unknown', { name, where: 'given', hint: hintFor(name, known) })
}

function hintFor(name: string, known: Iterable<string>): string {
  const nearest = findNearest(name, known)
  return nearest ? ` Did you mean ${nearest}?` : ' See docs/settings.md for all of them.'
}
