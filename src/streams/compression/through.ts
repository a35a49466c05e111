import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import type { ByteStream } from '../byte-stream.ts'

/** Node's streams on both sides of something that changes bytes. */
export interface Passage {
  readonly into: Writable
  readonly from: Readable
}

/**
 * Sends bytes through and yields what comes out. Whoever leaves early closes both sides, and `input`.
 *
 * @throws what `input` throws, unchanged; what the passage throws, as `explain` says it
 */
export async function* through(
  input: ByteStream,
  { into, from }: Passage,
  explain: (error: unknown) => Promise<unknown> | unknown,
): AsyncGenerator<Uint8Array, void, undefined> {
  let failure: { readonly error: unknown } | undefined
  // What is said here is said on the other side too, or `input` knows better.
  into.on('error', () => {})
  const feeding = feed(input, into).catch(error => {
    failure = { error }
    from.destroy()
  })
  try {
    yield* from
  } catch (error) {
    into.destroy()
    await feeding
    throw failure === undefined ? await explain(error) : failure.error
  } finally {
    into.destroy()
    await feeding
  }
}

async function feed(input: ByteStream, into: Writable): Promise<void> {
  for await (const chunk of input) {
    if (into.destroyed) return
    if (!into.write(chunk)) await drained(into)
  }
  into.end()
}

/** Waits until more may be written, or nothing any more. */
async function drained(into: Writable): Promise<void> {
  if (into.destroyed || !into.writableNeedDrain) return
  const waiting = new AbortController()
  const { signal } = waiting
  await Promise.race([once(into, 'drain', { signal }), once(into, 'close', { signal })]).catch(() => {})
  waiting.abort()
}
