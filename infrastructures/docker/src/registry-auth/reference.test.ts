import { describe, expect, it } from 'vitest'
import { readReference, readRegistryHost, toServerAddress } from './reference.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

describe("an image's name", () => {
  it.each([
    ['node', 'docker.io', 'library/node', null, null],
    ['node:24', 'docker.io', 'library/node', '24', null],
    ['team/flows', 'docker.io', 'team/flows', null, null],
    ['docker.io/team/flows:1', 'docker.io', 'team/flows', '1', null],
    ['index.docker.io/team/flows', 'docker.io', 'team/flows', null, null],
    ['localhost/flows', 'localhost', 'flows', null, null],
    ['host:5000/flows', 'host:5000', 'flows', null, null],
    ['host:5000/a/b:v1', 'host:5000', 'a/b', 'v1', null],
    ['[::1]:5000/flows:v1', '[::1]:5000', 'flows', 'v1', null],
    [`ghcr.io/a/b:v1@${DIGEST}`, 'ghcr.io', 'a/b', 'v1', DIGEST],
    ['x/a__b-c--d.e', 'docker.io', 'x/a__b-c--d.e', null, null],
  ])('%s is read in its parts', (text, registry, repository, tag, digest) => {
    expect(readReference(text)).toMatchObject({ registry, repository, tag, digest })
  })

  it.each([
    '',
    'Team',
    'team/Flows',
    'a b',
    'a//b',
    '/a',
    'a/',
    'a:',
    'a:-b',
    `a:${'t'.repeat(129)}`,
    'a@sha256:1',
    'a_.b',
    'a___b',
    'http://h/a',
    `h.x/${'a'.repeat(256)}`,
  ])('%j cannot be one', (text) => {
    expect(readReference(text)).toBeNull()
  })

  it('belongs to the same registry however its address is written', () => {
    for (const address of ['https://host:5000/v2/', 'http://host:5000', 'host:5000', ' host:5000/']) {
      expect(readRegistryHost(address)).toBe('host:5000')
    }
    for (const hub of ['https://index.docker.io/v1/', 'docker.io', 'registry-1.docker.io'])
      expect(readRegistryHost(hub)).toBe('docker.io')
    expect(toServerAddress('docker.io')).toBe('https://index.docker.io/v1/')
    expect(toServerAddress('host:5000')).toBe('host:5000')
  })
})
