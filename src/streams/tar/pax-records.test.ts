import { expect, test } from 'vitest'
import { formatPaxRecords, parsePaxRecords } from './pax-records.ts'

test('of the marks of a sparse file those that are known are kept: a global header lasts as long as the archive', () => {
  const marks = Array.from({ length: 1000 }, (_, at) => [`GNU.sparse.${at}`, 'x'] as const)
  const records = formatPaxRecords([...marks, ['GNU.sparse.major', '1'], ['comment', 'x'], ['path', 'a']])
  expect([...parsePaxRecords(records, 0)]).toEqual([
    ['GNU.sparse.major', '1'],
    ['path', 'a'],
  ])
})
