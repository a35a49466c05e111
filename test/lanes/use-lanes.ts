import { onTestFinished } from 'vitest'

/** This test is about these lanes, whichever the others are run with. */
export function useLanes(names: string): void {
  const { LADING_LANES: before } = process.env
  process.env.LADING_LANES = names
  onTestFinished(() => {
    if (before === undefined) delete process.env.LADING_LANES
    else process.env.LADING_LANES = before
  })
}
