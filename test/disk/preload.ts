import { failFiles } from './fail-files.ts'

/** Before a program, and in each of its threads: `node --import preload.ts`. The environment says what fails: FOLDER, KIND, CODE and AT, from 0. */
const { FAULT_FOLDER = '', FAULT_KIND, FAULT_CODE, FAULT_AT } = process.env
let left = Number(FAULT_AT)
failFiles(FAULT_FOLDER, ({ kind, paths }) => {
  // what only the threads write
  if (kind !== FAULT_KIND || !paths.some(one => one.includes('tmp')) || left-- !== 0) return undefined
  process.stderr.write('fault met\n')
  return FAULT_CODE
})
