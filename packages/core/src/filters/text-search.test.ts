import { expect, it } from 'vitest'
import { matchesTextSearch, parseTextSearch } from './text-search.ts'

it.each([
  ['error timeout', { include: ['error', 'timeout'], exclude: [], required: [] }],
  ['error -debug !trace +fatal', { include: ['error'], exclude: ['debug', 'trace'], required: ['fatal'] }],
  ['"connection timeout" -"retry later"', { include: ['connection timeout'], exclude: ['retry later'], required: [] }],
  ['- error', { include: ['error'], exclude: [], required: [] }],
  ['error -', { include: ['error'], exclude: [], required: [] }],
  ['"say \\"hi\\""', { include: ['say "hi"'], exclude: [], required: [] }],
  ['"never closed', { include: ['never closed'], exclude: [], required: [] }],
  ['  ""  ', { include: [], exclude: [], required: [] }],
])('reads %s', (query, search) => {
  expect(parseTextSearch(query)).toEqual(search)
})

it('matches alternatives, exclusions and requirements without regard to case', () => {
  const search = parseTextSearch('Disk net -quota +FULL')
  expect(matchesTextSearch(search, 'the disk is full')).toBe(true)
  expect(matchesTextSearch(search, 'the disk is full, quota 3')).toBe(false)
  expect(matchesTextSearch(search, 'the disk is fine')).toBe(false)
  expect(matchesTextSearch(search, 'full')).toBe(false)
  expect(matchesTextSearch(parseTextSearch(' '), 'anything')).toBe(true)
})
