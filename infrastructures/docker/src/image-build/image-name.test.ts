import { describe, expect, it } from 'vitest'
import { nameImage } from './image-name.ts'

const now = new Date('2026-11-21T14:40:58.123Z')

describe('the name of an image', () => {
  it('keeps the port of its registry, and takes its tag from itself, the option, or the time', () => {
    expect(nameImage('host:5000/flows:v1', undefined)).toEqual({
      name: 'host:5000/flows',
      tag: 'v1',
      image: 'host:5000/flows:v1',
    })
    expect(nameImage('host:5000/flows', 'v2').image).toBe('host:5000/flows:v2')
    expect(nameImage('flows', undefined, { now }).image).toBe('flows:2026-11-21t14-40-58-123000-00-00')
    expect(nameImage('flows:v1', 'v1').image).toBe('flows:v1')
  })

  it('gets the default namespace when it has none', () => {
    expect(nameImage('flows:1', undefined, { namespace: 'registry.example.com/team' }).image).toBe(
      'registry.example.com/team/flows:1',
    )
    expect(nameImage('a/flows:1', undefined, { namespace: 'team' }).image).toBe('a/flows:1')
  })

  it.each([
    ['a b', undefined, 'it has spaces'],
    ['Team/Flows', undefined, 'such as team/flows'],
    ['host:5000/', undefined, 'lower-case letters'],
    ['flows:v1', 'v2', 'it has a tag, and v2 was given as well'],
    ['flows', '-v', 'the tag may have'],
    [`flows@sha256:${'a'.repeat(64)}`, undefined, 'a digest is known only after the push'],
  ])('%j with the tag %j cannot be: %s', (name, tag, why) => {
    expect(() => nameImage(name, tag)).toThrow(why)
  })
})
