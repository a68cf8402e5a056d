import { describe, expect, test } from 'vitest'
import type { Job } from '../infrastructure-definition.ts'
import { hideAt, hideSecretSettings } from './hide-secrets.ts'
import { secretSettingNames } from './secret-names.ts'

const hiding = { names: secretSettingNames() }
const job = (more: object): Job => ({ name: null, command: null, env: {}, labels: {}, ...more })

describe('secret settings', () => {
  test('are masked in mappings and in lists of name and value, however deep', () => {
    const manifest = {
      spec: [
        {
          env: [
            { name: 'PREFECT_API_KEY', value: 'abc' },
            { name: 'A', value: 'abc' },
          ],
        },
      ],
    }
    const hidden = hideSecretSettings(job({ env: { AEDILE_API_KEY: 'abc', A: 'abc', PREFECT_API_KEY: null }, manifest }), hiding)
    expect(hidden.env).toEqual({ AEDILE_API_KEY: '********', A: 'abc', PREFECT_API_KEY: null })
    expect(hidden.manifest).toEqual({
      spec: [
        {
          env: [
            { name: 'PREFECT_API_KEY', value: '********' },
            { name: 'A', value: 'abc' },
          ],
        },
      ],
    })
  })

  test('that are JSON keep their keys, so that what is added to them is still seen', () => {
    const env = { PREFECT_CLIENT_CUSTOM_HEADERS: '{"X-Key": "abc"}', PREFECT_API_AUTH_STRING: '' }
    expect(hideSecretSettings(job({ env }), hiding).env).toEqual({
      PREFECT_CLIENT_CUSTOM_HEADERS: '{"X-Key":"********"}',
      PREFECT_API_AUTH_STRING: '',
    })
  })
})

test('what a type calls secret is masked at its pointers, with all below', () => {
  const auth = { password: 'abc', 'a/b': ['abc', null] }
  const before = job({ auth, list: [{ token: 'abc' }] })
  const hidden = hideAt(before, ['/auth/password', '/auth/a~1b', '/list/0/token', '/none/at/all'])
  expect(hidden).toEqual(job({ auth: { password: '********', 'a/b': ['********', null] }, list: [{ token: '********' }] }))
  expect(before).toEqual(job({ auth, list: [{ token: 'abc' }] }))
})
