import * as fs from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { temporaryFolder } from '../../test/services/temporary-folder.ts'
import { type Range, RangeRecord } from './partial-file.ts'

/** After so many changes of the file its writer is killed. */
let changes = Number.POSITIVE_INFINITY
vi.mock('node:fs', async original => {
  const real = await original<typeof fs>()
  const dying =
    <Args extends unknown[], Result>(change: (...args: Args) => Result) =>
    (...args: Args) => {
      if (changes === 0) throw new Error('killed')
      changes -= 1
      return change(...args)
    }
  return { ...real, ftruncateSync: dying(real.ftruncateSync), writeSync: dying(real.writeSync) }
})

const size = 1000
let name: string
beforeEach(() => {
  changes = Number.POSITIVE_INFINITY
  name = path.join(fs.mkdtempSync(path.join(temporaryFolder(), 'partial-')), 'file')
  fs.writeFileSync(name, '')
})

function within<T>(act: (record: RangeRecord) => T): T {
  const file = fs.openSync(name, 'r+')
  try {
    return act(new RangeRecord(file, size))
  } finally {
    fs.closeSync(file)
  }
}

const read = () => within(record => record.read())

test('what is told of slots is read in order, without overlaps', () => {
  within(record => {
    record.begin()
    record.set(1, { start: 500, end: 600 })
    record.set(0, { start: 0, end: 100 })
    record.set(0, { start: 0, end: 500 })
    record.set(3, { start: 700, end: 701 })
  })
  expect(read()).toEqual([
    { start: 0, end: 600 },
    { start: 700, end: 701 },
  ])
  within(record => record.begin())
  expect(read()).toEqual([])
  within(record => record.end())
  expect(fs.statSync(name).size).toBe(size)
})

describe.each([0, 1, 2, 3, 4])('whoever goes on and is killed after %i changes', count => {
  const goOn = (known?: ReadonlyMap<number, Range>) => {
    changes = count
    try {
      within(record => record.begin(known))
    } catch {}
    changes = Number.POSITIVE_INFINITY
  }

  test('leaves what the record told of', () => {
    within(record => {
      record.begin()
      record.set(0, { start: 300, end: 400 })
      record.set(1, { start: 0, end: 100 })
      record.set(2, { start: 50, end: 60 })
    })
    const before = read()
    goOn(
      new Map([
        [0, { start: 0, end: 100 }],
        [2, { start: 300, end: 400 }],
      ]),
    )
    expect(read()).toEqual(before)
  })

  test('of a file that a stream has written, leaves what it was long', () => {
    fs.writeFileSync(name, 'x'.repeat(100))
    goOn(new Map([[0, { start: 0, end: 100 }]]))
    expect(read()).toEqual([{ start: 0, end: 100 }])
  })

  test('of an empty one, leaves nothing', () => {
    goOn()
    expect(read()).toEqual([])
  })
})
