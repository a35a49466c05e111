import type { ObjectStore } from '../stores/index.ts'
import { conditionCases } from './object-store/condition-cases.ts'
import { failureCases } from './object-store/failure-cases.ts'
import { keyCases } from './object-store/key-cases.ts'
import { listCases } from './object-store/list-cases.ts'
import { readWriteCases } from './object-store/read-write-cases.ts'

/** What the suite needs of a test runner. vitest's functions fit, and so do those of node:test. */
export interface TestFunctions {
  describe(title: string, body: () => void): unknown
  readonly test: {
    (title: string, body: () => Promise<void>): unknown
    skip(title: string, body: () => Promise<void>): unknown
  }
}

export interface ObjectStoreSuiteOptions {
  /** The store's name, for the titles. */
  readonly name: string
  /** Opens an empty store, one for every test. */
  open(): Promise<ObjectStore>
  /** What this store is known not to do: the test's title and the reason, which is printed. */
  readonly waivers?: Readonly<Record<string, string>>
}

/** A test of the contract: its title, and what must hold of an empty store. */
export type ObjectStoreCase = readonly [title: string, check: (store: ObjectStore) => Promise<void>]

/**
 * The contract of `ObjectStore` as tests.
 *
 * @example
 * import { describe, test } from 'vitest'
 * objectStoreSuite({ describe, test }, { name: 'memory', open: async () => memoryStore() })
 */
export function objectStoreSuite({ describe, test }: TestFunctions, options: ObjectStoreSuiteOptions): void {
  const { name, open, waivers = {} } = options
  const cases = [...readWriteCases, ...listCases, ...conditionCases, ...failureCases, ...keyCases]
  for (const title of Object.keys(waivers)) {
    if (!cases.some(([known]) => known === title)) throw new Error(`the waiver names no test: ${title}`)
  }
  describe(`the ${name} store is an ObjectStore`, () => {
    for (const [title, check] of cases) {
      const run = async () => {
        await using store = await open()
        await check(store)
      }
      const waiver = Object.hasOwn(waivers, title) ? waivers[title] : undefined
      if (waiver === undefined) test(title, run)
      else test.skip(`${title} (waived: ${waiver})`, run)
    }
  })
}
