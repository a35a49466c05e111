/**
 * Maps with up to `concurrency` calls at once and yields the results in the order of the input, `undefined` left out. No more than
 * that many inputs are held. Where one fails the others that have begun are waited for, and then its error is thrown.
 */
export async function* mapInOrder<T, R>(
  input: AsyncIterable<T> | Iterable<T>,
  concurrency: number,
  map: (value: T) => Promise<R | undefined>,
): AsyncGenerator<R, void, undefined> {
  const running: Promise<R | undefined>[] = []
  try {
    for await (const value of input) {
      const result = map(value)
      // It may fail while we wait for others, and is asked for its result only later: that is no unhandled rejection.
      result.catch(() => {})
      running.push(result)
      if (running.length === concurrency) yield* present(await running.shift())
    }
    while (running.length > 0) yield* present(await running.shift())
  } finally {
    await Promise.allSettled(running)
  }
}

function present<R>(result: R | undefined): R[] {
  return result === undefined ? [] : [result]
}
