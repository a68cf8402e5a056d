import { expect, it } from 'vitest'
import { GROUPS } from './groups/index.ts'
import { goalsOf, TARGETS } from './targets.ts'

it('every target names a group, and databases that the group is measured on', () => {
  for (const { group, databases } of TARGETS) {
    const found = GROUPS.find(({ name }) => name === group)
    expect(found?.databases, group).toEqual(expect.arrayContaining(databases))
  }
})

it('a line has the goals of its database, and lines that differ in their seconds share theirs', () => {
  expect(goalsOf({ group: 'runs', database: 'sqlite', what: 'runs, 8 connections' })[0]).toEqual({
    value: 'perSecond',
    least: 1200,
  })
  expect(goalsOf({ group: 'runs', database: 'postgres', what: 'runs, 8 connections' })[0]).toEqual({
    value: 'perSecond',
    least: 700,
  })
  const what = 'requests of an idle worker, over 5 s'
  expect(goalsOf({ group: 'worker', database: 'sqlite', what })).toEqual([{ value: 'median', below: 1 }])
  expect(goalsOf({ group: 'runs', database: 'sqlite', what: 'runs, 1 connection' })).toEqual([])
})
