import type { ObjectStore } from '../stores/index.ts'
import { type TestFunctions, testContract, type Waivers } from './contract.ts'
import { cleaningCases } from './object-store/cleaning-cases.ts'
import { conditionCases } from './object-store/condition-cases.ts'
import { contentCases } from './object-store/content-cases.ts'
import { draftCases } from './object-store/draft-cases.ts'
import { failureCases } from './object-store/failure-cases.ts'
import { keyCases } from './object-store/key-cases.ts'
import { listCases } from './object-store/list-cases.ts'
import { readWriteCases } from './object-store/read-write-cases.ts'
import { uploadCases } from './object-store/upload-cases.ts'

export interface ObjectStoreSuiteOptions {
  /** The store's name, for the titles. */
  readonly name: string
  /** Opens an empty store, one for every test. */
  open(): Promise<ObjectStore>
  readonly waivers?: Waivers
}

/**
 * The contract of `ObjectStore` as tests.
 *
 * @example
 * import { describe, test } from 'vitest'
 * objectStoreSuite({ describe, test }, { name: 'memory', open: async () => memoryStore() })
 */
export function objectStoreSuite(functions: TestFunctions, { name, open, waivers }: ObjectStoreSuiteOptions): void {
  testContract<ObjectStore>(functions, {
    title: `the ${name} store is an ObjectStore`,
    cases: [
      ...readWriteCases,
      ...listCases,
      ...conditionCases,
      ...contentCases,
      ...draftCases,
      ...failureCases,
      ...keyCases,
      ...cleaningCases,
      ...uploadCases,
    ],
    async run(check) {
      await using store = await open()
      await check(store)
    },
    waivers,
  })
}
