import { isLadingError } from '../../src/errors/index.ts'

/** Does it, or leaves it where it is refused as it may be: then the next thing is tried with the same input. */
export async function refusable<T>(act: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await act()
  } catch (error) {
    if (isLadingError(error) && error.code !== 'internal') return undefined
    throw error
  }
}

/** Reads to the end, or until so much has come that the rest would say nothing new. */
export async function drain(stream: AsyncIterable<unknown>, most = 32 * 1024 * 1024): Promise<void> {
  let left = most
  for await (const item of stream) {
    left -= item instanceof Uint8Array ? item.byteLength : 1024
    if (left <= 0) return
  }
}
