import { describe, expect, test } from 'vitest'
import { clientSettings } from './client.ts'
import { describeErrors, describeSettings } from './describe.ts'
import { exportSettings } from './export.ts'
import { hostSettings } from './host.ts'
import {
  applyProfile,
  createProfile,
  deleteProfile,
  initialProfiles,
  inspectProfile,
  listProfiles,
  renameProfile,
  setValues,
  unsetValues,
  validateProfile,
} from './profiles.ts'
import { explainSettings, readSettings, rejectUnknownSettings } from './read.ts'

const groups = [clientSettings, hostSettings]

describe('reading settings', () => {
  test('the environment is stronger than the profile, and our name than the other within each', () => {
    const texts = (where: string) => ({
      AEDILE_API_URL: `http://ours.${where}/api`,
      PREFECT_API_URL: `http://theirs.${where}/api`,
    })
    const urlOf = (environment: Record<string, string>, profile: Record<string, string>) =>
      readSettings(clientSettings, { environment, profile }).apiUrl
    const { AEDILE_API_URL: ours, PREFECT_API_URL: theirs } = texts('profile')
    expect(urlOf(texts('environment'), texts('profile'))).toBe('http://ours.environment/api')
    expect(urlOf({ PREFECT_API_URL: 'http://theirs.environment/api/' }, texts('profile'))).toBe('http://theirs.environment/api')
    expect(urlOf({}, { AEDILE_API_URL: ours, PREFECT_API_URL: theirs })).toBe(ours)
    expect(urlOf({}, { PREFECT_API_URL: theirs })).toBe(theirs)
    expect(urlOf({}, {})).toBeNull()
  })

  test('each value has its type, and says where it came from', () => {
    const environment = {
      PREFECT_CLIENT_CUSTOM_HEADERS: '{"X-Team": "data"}',
      PREFECT_CLIENT_CSRF_SUPPORT_ENABLED: 'False',
      PREFECT_LOGGING_LEVEL: 'WARNING',
      PREFECT_API_REQUEST_TIMEOUT: '5.0',
    }
    const profile = { AEDILE_CLIENT_MAX_RETRIES: '0' }
    const settings = readSettings(clientSettings, { environment, profile })
    expect(settings).toMatchObject({ customHeaders: { 'X-Team': 'data' }, csrfSupport: false, logLevel: 'warn', maxRetries: 0 })
    expect(settings.requestTimeoutSeconds).toBe(5)
    const explained = Object.fromEntries(explainSettings(clientSettings, { environment, profile }))
    expect(explained.logLevel?.found).toMatchObject({ name: 'PREFECT_LOGGING_LEVEL', where: 'environment' })
    expect(explained.maxRetries?.found).toMatchObject({ where: 'profile' })
    expect(explained.apiKey?.found).toBeNull()
  })

  test('an ill-typed setting is an error that says what came, unless it is secret', () => {
    const read = (environment: Record<string, string>) => () => readSettings(clientSettings, { environment })
    expect(read({ AEDILE_CLIENT_MAX_RETRIES: 'many' })).toThrow(/AEDILE_CLIENT_MAX_RETRIES \(environment\).*"many"/)
    expect(read({ PREFECT_API_URL: 'localhost:4200' })).toThrow(/PREFECT_API_URL \(environment\).*http.*"localhost:4200"/)
    expect(read({ AEDILE_CLIENT_CUSTOM_HEADERS: '{"token": 12345}' })).toThrow(/AEDILE_CLIENT_CUSTOM_HEADERS/)
    expect(read({ AEDILE_CLIENT_CUSTOM_HEADERS: '{"token": 12345}' })).not.toThrow(/12345/)
  })

  test('an unknown setting of ours is an error that names the nearest one; theirs are left alone', () => {
    const check = (environment: Record<string, string>) => () => rejectUnknownSettings(groups, { environment })
    expect(check({ AEDILE_API_ULR: 'x' })).toThrow(
      'There is no setting AEDILE_API_ULR (environment). Did you mean AEDILE_API_URL?',
    )
    expect(check({ AEDILE_QUITE_ANOTHER_THING: 'x' })).toThrow('docs/settings.md')
    expect(
      check({ PREFECT_API_ULR: 'x', AEDILE_API_URL: 'x', AEDILE_ATTEMPT: 'x', AEDILE__X: 'x', AEDILE_TEST_DATABASE: 'x' }),
    ).not.toThrow()
    expect(() => rejectUnknownSettings(groups, { environment: {}, profile: { AEDILE_HOM: 'x' } })).toThrow('AEDILE_HOME')
  })

  test('every default is one that its setting takes', () => {
    for (const { name, schema, default: value } of groups.flatMap((group) => Object.values(group))) {
      expect(schema.parse(value), name).toEqual(value)
    }
  })
})

describe('exporting settings to what a worker starts', () => {
  test('what was set goes on under both names, and in the form that Python reads; defaults and the host do not', () => {
    const environment = {
      AEDILE_CLIENT_CSRF_SUPPORT_ENABLED: 'no',
      AEDILE_LOGGING_LEVEL: 'warn',
      AEDILE_HOME: '/h',
      PATH: '/bin',
    }
    expect(exportSettings(clientSettings, { environment, profile: { PREFECT_API_URL: 'http://a/api' } })).toEqual({
      PREFECT_API_URL: 'http://a/api',
      AEDILE_API_URL: 'http://a/api',
      AEDILE_CLIENT_CSRF_SUPPORT_ENABLED: 'no',
      PREFECT_CLIENT_CSRF_SUPPORT_ENABLED: 'False',
      AEDILE_LOGGING_LEVEL: 'warn',
      PREFECT_LOGGING_LEVEL: 'WARNING',
    })
  })

  test('our name wins over theirs, and other settings of theirs go on as they are', () => {
    const environment = {
      AEDILE_API_URL: 'http://ours/api',
      PREFECT_API_URL: 'http://theirs/api',
      PREFECT__X: '1',
      PREFECT_X: '2',
    }
    const exported = exportSettings(clientSettings, { environment })
    expect(exported).toEqual({ AEDILE_API_URL: 'http://ours/api', PREFECT_API_URL: 'http://ours/api', PREFECT_X: '2' })
  })
})

describe('profiles', () => {
  test('are created, copied, used, renamed and deleted', () => {
    let profiles = setValues(initialProfiles, 'default', { AEDILE_API_URL: 'http://a/api' }, groups)
    profiles = applyProfile(createProfile(profiles, 'work', 'default'), 'work')
    profiles = renameProfile(profiles, 'work', 'office')
    expect(listProfiles(profiles)).toEqual([
      { name: 'default', isActive: false },
      { name: 'office', isActive: true },
    ])
    expect(inspectProfile(profiles, 'office')).toEqual({ AEDILE_API_URL: 'http://a/api' })
    expect(inspectProfile(unsetValues(profiles, 'office', ['AEDILE_API_URL'], groups), 'office')).toEqual({})
    expect(Object.keys(deleteProfile(profiles, 'default').profiles)).toEqual(['office'])
    expect(() => deleteProfile(profiles, 'office')).toThrow('in use')
    expect(() => createProfile(profiles, 'office')).toThrow('exists already')
    expect(() => applyProfile(profiles, 'ofice')).toThrow('Did you mean office?')
  })

  test('take known settings of the right form only, all or none', () => {
    const set = (values: Record<string, string>) => () => setValues(initialProfiles, 'default', values, groups)
    expect(set({ AEDILE_API_URL: 'http://a/api', AEDILE_API_KEE: 'x' })).toThrow('AEDILE_API_KEY')
    expect(set({ PREFECT_CLIENT_MAX_RETRIES: 'x' })).toThrow('not valid')
    expect(() => validateProfile({ AEDILE_CLIENT_MAX_RETRIES: '-1' }, groups)).toThrow('not valid')
    expect(() => validateProfile({ PREFECT_SOMETHING_ELSE: '1' }, groups)).not.toThrow()
  })
})

describe('the rows of the documentation', () => {
  test('name every setting once, and every error', () => {
    const rows = describeSettings([...groups, hostSettings])
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
    expect(rows[0]).toMatchObject({ name: 'AEDILE_API_URL', fallback: 'PREFECT_API_URL', default: '', isSecret: false })
    expect(rows.every(({ description }) => description.endsWith('.'))).toBe(true)
    expect(describeErrors().find(({ code }) => code === 'not_found')).toMatchObject({ status: 404, isRetryable: false })
  })
})
