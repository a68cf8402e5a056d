import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinShellWords, splitShellWords } from './shell-words.ts'

test('joined words split into the same words, whatever is in them', () => {
  const word = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(' ', "'", '"', '\\', '\n', '$', 'a') }))
  fc.assert(
    fc.property(fc.array(word), (words) => {
      expect(splitShellWords(joinShellWords(words))).toEqual(words)
    }),
  )
})

test('a command that is never finished is refused, with what is missing', () => {
  expect(() => splitShellWords('echo "a')).toThrow('a " is never closed')
  expect(() => splitShellWords('echo \\')).toThrow('ends with a backslash')
})
