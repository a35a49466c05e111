/** The part of a test runner that the suites need: vitest, node:test and jest have it. */
export interface Runner {
  describe(name: string, body: () => void): void
  test: {
    (name: string, body: () => Promise<void>): void
    skip(name: string, body: () => Promise<void>): void
  }
}

/** Rules that one implementation cannot keep, by the title of the test, with the reason. Printed beside the title. */
export type Waivers = Readonly<Record<string, string>>

/** `test`, but what is waived is skipped under a title that says why. @throws Error where a waiver names no test: see `finish` */
export function waivable(
  runner: Runner,
  waivers: Waivers,
): { test(title: string, body: () => Promise<void>): void; finish(): void } {
  const unused = new Set(Object.keys(waivers))
  return {
    test(title, body) {
      const reason = waivers[title]
      unused.delete(title)
      if (reason === undefined) runner.test(title, body)
      else runner.test.skip(`${title} [waived: ${reason}]`, body)
    },
    finish() {
      if (unused.size > 0) throw new Error(`waivers for tests that do not exist: ${[...unused].join(', ')}`)
    },
  }
}
