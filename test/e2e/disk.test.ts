import { describe, test } from 'vitest'
import { canMount, realCases, realFaults, realPlaces, runReal } from '../disk/real-faults.ts'

/** A share of the table, of which `npm run proof:disk` runs all: each kind of fault in one place. */
const share = [...realCases()].filter(
  ([place, fault]) =>
    !/room for (0|4|64|1024) /.test(fault.name) &&
    (fault.only === undefined ? realPlaces[realFaults.indexOf(fault) % realPlaces.length] : realPlaces[0]) === place,
)

describe.skipIf(!canMount)('a disk that refuses [needs unshare and user namespaces]', () => {
  test.each(
    share.map(([place, fault]) => [fault.name, place, fault] as const),
  )('%s: a copy to %s says so, leaves nothing, and is done once that is mended', (_, place, fault) =>
    runReal(place, fault))
})
