import { describe, expect, test } from 'vitest'
import { type FaultCase, FaultTable } from './fault-table.ts'
import { readPlaces, writtenPlaces } from './places.ts'

/** A share of the table, of which `npm run proof:disk` runs all. */
describe.each([...writtenPlaces, ...readPlaces])('$name', place => {
  test('a call to the file system that fails leaves nothing wrong', async () => {
    await using table = await FaultTable.open(place)
    const met: FaultCase[] = []
    for (const one of table.share()) {
      const outcome = await table.run(one).catch(error => {
        throw new Error(`${one.kind} ${one.at} ${one.code}`, { cause: error })
      })
      if (outcome !== 'not met') met.push(one)
    }
    expect(met).not.toEqual([])
  })
})
