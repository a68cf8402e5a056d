import { AedileError } from '../errors.ts'
import { findNearest } from '../nearest.ts'
import type { SettingGroup } from './define.ts'
import { findSetting, parseSetting, rejectUnknownSettings } from './read.ts'

/** The texts of one profile's settings, by AEDILE_* or PREFECT_* name. */
export type Profile = Readonly<Record<string, string>>

/** All profiles and the one in use. Each function here returns new ones. */
export type Profiles = { readonly active: string; readonly profiles: Readonly<Record<string, Profile>> }

export const DEFAULT_PROFILE = 'default'

/** What there is before anyone made a profile: an empty one. */
export const initialProfiles: Profiles = { active: DEFAULT_PROFILE, profiles: { [DEFAULT_PROFILE]: {} } }

/** The names, each with whether it is in use. */
export function listProfiles({ active, profiles }: Profiles): { name: string; isActive: boolean }[] {
  return Object.keys(profiles).map((name) => ({ name, isActive: name === active }))
}

/** @throws AedileError `profile_not_found`, with the nearest known name. */
export function inspectProfile({ profiles }: Profiles, name: string): Profile {
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (profile) return profile
  const nearest = findNearest(name, Object.keys(profiles))
  throw new AedileError('profile_not_found', { name, hint: nearest ? ` Did you mean ${nearest}?` : '' })
}

/** Adds a profile, empty or with the values of another. */
export function createProfile(all: Profiles, name: string, from?: string): Profiles {
  refuseTaken(all, name)
  return { ...all, profiles: { ...all.profiles, [name]: from === undefined ? {} : { ...inspectProfile(all, from) } } }
}

/** Makes a profile the one in use. */
export function applyProfile(all: Profiles, name: string): Profiles {
  inspectProfile(all, name)
  return { ...all, active: name }
}

/** Removes a profile that is not in use. */
export function deleteProfile(all: Profiles, name: string): Profiles {
  inspectProfile(all, name)
  if (name === all.active) throw new AedileError('profile_in_use', { name })
  return { ...all, profiles: Object.fromEntries(Object.entries(all.profiles).filter(([one]) => one !== name)) }
}

/** Gives a profile another name; it keeps its place and its use. */
export function renameProfile(all: Profiles, name: string, newName: string): Profiles {
  inspectProfile(all, name)
  refuseTaken(all, newName)
  const profiles = Object.entries(all.profiles).map(([one, profile]) => [one === name ? newName : one, profile])
  return { active: all.active === name ? newName : all.active, profiles: Object.fromEntries(profiles) }
}

/** Sets values of a profile. Each must be a known setting and of its form; nothing is set when one is not. */
export function setValues(all: Profiles, name: string, values: Profile, groups: readonly SettingGroup[]): Profiles {
  checkValues(values, groups)
  return { ...all, profiles: { ...all.profiles, [name]: { ...inspectProfile(all, name), ...values } } }
}

/** Removes values of a profile, by name. A name that is not set is left at that; one that is no setting is an error. */
export function unsetValues(all: Profiles, name: string, names: readonly string[], groups: readonly SettingGroup[]): Profiles {
  const profile = inspectProfile(all, name)
  for (const one of names) if (!Object.hasOwn(profile, one)) findSetting(groups, one)
  const kept = Object.entries(profile).filter(([one]) => !names.includes(one))
  return { ...all, profiles: { ...all.profiles, [name]: Object.fromEntries(kept) } }
}

/** Checks that a profile holds known settings of the right form. PREFECT_* names without counterpart are left alone. */
export function validateProfile(profile: Profile, groups: readonly SettingGroup[]): void {
  rejectUnknownSettings(groups, { environment: {}, profile })
  const definitions = groups.flatMap((group) => Object.values(group))
  for (const [name, text] of Object.entries(profile)) {
    const definition = definitions.find((one) => one.name === name || one.fallback === name)
    if (definition) parseSetting(definition, { text, name, where: 'profile' })
  }
}

function checkValues(values: Profile, groups: readonly SettingGroup[]): void {
  for (const [name, text] of Object.entries(values)) {
    parseSetting(findSetting(groups, name), { text, name, where: 'profile' })
  }
}

function refuseTaken({ profiles }: Profiles, name: string): void {
  if (Object.hasOwn(profiles, name)) throw new AedileError('profile_exists', { name })
}
