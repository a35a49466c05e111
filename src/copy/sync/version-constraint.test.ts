import { expect, test } from 'vitest'
import { limits } from '../../model/limits.ts'
import { compileVersionConstraint } from './version-constraint.ts'

const tags = '0.0.3 0.1 1.2 1.2.3 v1.3.0 1.2.3-beta.1 2.0.0 2.1.5 2.1.5-alpine 3 latest 1.2.3.4'.split(' ')

test.each([
  ['>= 2', '2.0.0 2.1.5 3'],
  ['>=1.2.3,<3', '1.2.3 v1.3.0 2.0.0 2.1.5'],
  ['>=1.2.3 <2 || =3', '1.2.3 v1.3.0 3'],
  ['1.2', '1.2 1.2.3'],
  ['1.x', '1.2 1.2.3 v1.3.0'],
  ['~1.2.1', '1.2.3'],
  ['^1.2.1', '1.2.3 v1.3.0'],
  ['^0.0.3', '0.0.3'],
  ['1.2.3 - 2.0', '1.2.3 v1.3.0 2.0.0'],
  ['!=1.2.x, <3', '0.0.3 0.1 v1.3.0 2.0.0 2.1.5'],
  ['>1', '2.0.0 2.1.5 3'],
  ['<=2', '0.0.3 0.1 1.2 1.2.3 v1.3.0 2.0.0 2.1.5'],
  ['*', '0.0.3 0.1 1.2 1.2.3 v1.3.0 2.0.0 2.1.5 3'],
  ['>=1.2.3-alpha, <1.2.4', '1.2.3 1.2.3-beta.1'],
  ['~0.0.0', '0.0.3 0.1 1.2 1.2.3 v1.3.0 2.0.0 2.1.5 3'],
  ['>=1.2.3-alpha', '1.2.3 v1.3.0 1.2.3-beta.1 2.0.0 2.1.5 2.1.5-alpine 3'],
])('%s', (constraint, matching) => {
  expect(tags.filter(compileVersionConstraint(constraint)).join(' ')).toBe(matching)
})

test.each(['', 'latest', '>=', '>= 1 and < 2', '1.2.3.4', '1 ||', '>==1'])('%o is none', text => {
  expect(() => compileVersionConstraint(text)).toThrow(expect.objectContaining({ code: 'bad-argument' }))
})

test('one without end is refused before it is read', () => {
  expect(() => compileVersionConstraint('1'.repeat(limits.versionConstraintCharacters))).not.toThrow()
  expect(() => compileVersionConstraint('1'.repeat(limits.versionConstraintCharacters + 1))).toThrow(/1000 characters/)
})
