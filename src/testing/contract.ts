/** What a suite needs of a test runner. vitest's functions fit, and so do those of node:test. */
export interface TestFunctions {
  describe(title: string, body: () => void): unknown
  readonly test: {
    (title: string, body: () => Promise<void>): unknown
    skip(title: string, body: () => Promise<void>): unknown
  }
}

/** A test of a contract: its title, and what must hold of a fresh subject. */
export type ContractCase<Subject> = readonly [title: string, check: (subject: Subject) => Promise<void>]

/** What an implementation is known not to do: the test's title and the reason, which is printed. */
export type Waivers = Readonly<Record<string, string>>

export interface Contract<Subject> {
  readonly title: string
  readonly cases: readonly ContractCase<Subject>[]
  /** Runs one check of a fresh subject and cleans up behind it. */
  run(check: (subject: Subject) => Promise<void>): Promise<void>
  readonly waivers?: Waivers | undefined
}

/** Turns a contract into tests. @throws Error where a waiver names no test */
export function testContract<Subject>({ describe, test }: TestFunctions, contract: Contract<Subject>): void {
  const { title, cases, run, waivers = {} } = contract
  for (const waived of Object.keys(waivers)) {
    if (!cases.some(([known]) => known === waived)) throw new Error(`the waiver names no test: ${waived}`)
  }
  describe(title, () => {
    for (const [name, check] of cases) {
      const reason = Object.hasOwn(waivers, name) ? waivers[name] : undefined
      if (reason === undefined) test(name, () => run(check))
      else test.skip(`${name} (waived: ${reason})`, () => run(check))
    }
  })
}
