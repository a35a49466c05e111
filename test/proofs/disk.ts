import { FaultTable, type Outcome } from '../disk/fault-table.ts'
import { readPlaces, writtenPlaces } from '../disk/places.ts'
import { canMount, realCases, runReal } from '../disk/real-faults.ts'
import { print } from './print.ts'

/**
 * Lets every kind of call to the file system fail, in every place that lading writes files to or reads them of, and looks whether the error is
 * clear, whether nothing can be seen that is not whole, whether nothing is left, and whether the second time it is done.
 * `node disk.ts [WORD]`: only places with the word in their name.
 */
const word = process.argv[2] ?? ''
const places = [...writtenPlaces, ...readPlaces].filter(({ name }) => name.includes(word))
const totals: Record<Outcome, number> = { refused: 0, 'done all the same': 0, 'not met': 0 }
let wrong = 0
for (const place of places) {
  await using table = await FaultTable.open(place)
  const counts: Record<Outcome, number> = { refused: 0, 'done all the same': 0, 'not met': 0 }
  for (const one of table.cases()) {
    try {
      counts[await table.run(one)]++
    } catch (error) {
      wrong++
      print(`WRONG ${place.name}, ${one.kind} ${one.at} ${one.code}: ${reasons(error)}`)
    }
  }
  for (const outcome of Object.keys(counts) as Outcome[]) totals[outcome] += counts[outcome]
  print(`${place.name}: ${counts.refused} refused, ${counts['done all the same']} done all the same`)
}
if (word === '' && canMount) {
  let done = 0
  for (const [place, fault] of realCases()) {
    try {
      await runReal(place, fault)
      done++
    } catch (error) {
      wrong++
      print(`WRONG ${place}, ${fault.name}: ${reasons(error)}`)
    }
  }
  print(`${done} copies to real disks that refuse: read-only, full, out of files, limited, forbidden, in two parts`)
}
const cases = totals.refused + totals['done all the same']
print(
  `${cases} faults in ${places.length} places: ${totals.refused} ended with a clear error, ${totals['done all the same']} changed nothing, ${wrong} were wrong`,
)
if (wrong > 0) process.exitCode = 1

function reasons(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${reasons(error.cause)}`
}
