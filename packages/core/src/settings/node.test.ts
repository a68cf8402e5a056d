import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { profilesPath, readProfiles, readSources, resolveHome, writeProfiles } from './node.ts'
import { createProfile, initialProfiles } from './profiles.ts'

describe('the profiles file', () => {
  let home: string
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'aedile-settings-'))
  })
  afterEach(() => rmSync(home, { recursive: true, force: true }))

  test('without one there is an empty default profile, and reading makes none', () => {
    expect(readProfiles(home)).toEqual(initialProfiles)
    expect(readdirSync(home)).toEqual([])
  })

  test('is written whole, for its owner only, into a home that need not exist', () => {
    const inner = join(home, 'not', 'there')
    const profiles = createProfile(initialProfiles, 'work')
    writeProfiles(inner, profiles)
    writeProfiles(inner, profiles)
    expect(readProfiles(inner)).toEqual(profiles)
    expect(statSync(profilesPath(inner)).mode & 0o777).toBe(0o600)
    expect(readdirSync(inner)).toEqual(['profiles.json'])
  })

  test('one that cannot be understood is an error with its path, never an empty profile', () => {
    for (const text of ['{', '[]', '{"active": "gone", "profiles": {}}', '{"active": "a", "profiles": {"a": {"X": 1}}}']) {
      writeFileSync(profilesPath(home), text)
      expect(() => readProfiles(home), text).toThrow(`The profiles in ${profilesPath(home)} cannot be read`)
    }
  })

  test('the profile is the named one, else AEDILE_PROFILE, else the one in use', () => {
    const profiles = { active: 'a', profiles: { a: { AEDILE_API_URL: 'http://a' }, b: {}, c: {} } }
    writeProfiles(home, profiles)
    const environment = { AEDILE_HOME: home, AEDILE_PROFILE: 'b' }
    expect(readSources({ environment, profile: 'c' }).profileName).toBe('c')
    expect(readSources({ environment }).profileName).toBe('b')
    expect(readSources({ environment: { AEDILE_HOME: home } })).toMatchObject({
      profileName: 'a',
      profile: profiles.profiles.a,
      home,
    })
    expect(() => readSources({ environment, profile: 'd' })).toThrow('no profile d')
  })

  test('the home is AEDILE_HOME, else in the home directory of the user', () => {
    expect(resolveHome({})).toBe(join(homedir(), '.aedile'))
    expect(resolveHome({ AEDILE_HOME: '~/x' })).toBe(join(homedir(), 'x'))
  })
})
