import { createWorkGroup } from '../work-group.ts'

/** Runs two tasks at once. The first failure stops the other, and is thrown when both have ended. */
export async function together<A, B>(
  signal: AbortSignal | undefined,
  one: (signal: AbortSignal) => Promise<A>,
  other: (signal: AbortSignal) => Promise<B>,
): Promise<[A, B]> {
  const group = createWorkGroup(signal)
  const tasks = group.lane<() => Promise<void>>(2, task => task())
  const results: Partial<{ one: A; other: B }> = {}
  tasks.add(async () => {
    results.one = await one(group.signal)
  })
  tasks.add(async () => {
    results.other = await other(group.signal)
  })
  await group.settled()
  // both have ended, and neither failed
  return [results.one as A, results.other as B]
}
