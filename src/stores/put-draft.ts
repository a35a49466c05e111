import { randomUUID } from 'node:crypto'
import { LadingError } from '../errors/index.ts'
import type { Digest } from '../model/digest.ts'
import { type ByteStream, type Bytes, type Draft, readHead } from '../streams/index.ts'
import type { CopyFromOptions, ObjectStore } from './object-store.ts'

/** What is no larger waits in memory for its digest, and is then put under its own key. */
const memoryBytes = 8 * 1024 * 1024

/** Clearing up has its own short time, and no say. */
const clearTimeoutMs = 10_000

/**
 * Stores a blob under the key that its digest gives, when the digest is known. Until then more than 8 MiB are an object of another
 * key, below `lading/uploads/`, that is moved or removed in the end.
 *
 * @throws what the draft throws, unchanged; then nothing is stored
 */
export async function putDraft(
  store: ObjectStore,
  draft: Draft,
  keyOf: (digest: Digest) => string | Promise<string>,
  signal?: AbortSignal,
): Promise<void> {
  const head = await readHead(draft.read(), memoryBytes)
  if (head.whole) {
    const content = draft.digest()
    const body = { size: draft.size, open: (from = 0) => bytesFrom(head.chunks, from) }
    await store.put(await keyOf(content), body, { content, signal })
    return
  }
  const upload = `lading/uploads/${randomUUID()}`
  try {
    await store.put(upload, readOnce(head.stream()), { signal })
    const content = draft.digest()
    const { size } = draft
    const key = await keyOf(content)
    if ((await store.head(key, { signal }))?.size !== size) await place(store, upload, key, { size, content, signal })
  } finally {
    await head.close()
    await clear(store, upload)
  }
}

async function place(store: ObjectStore, from: string, to: string, options: CopyFromOptions): Promise<void> {
  if (store.rename !== undefined) return await store.rename(from, to, options)
  const origin = store.origin?.(from)
  if (origin !== undefined && (await store.copyFrom?.(origin, to, options)) !== undefined) return
  // Nothing but reading what was just written is left.
  const { size, content, signal } = options
  const body = {
    size,
    async *open(start = 0, bodySignal = signal) {
      yield* (await store.get(from, { range: { start }, signal: bodySignal })).body
    },
  }
  await store.put(to, body, { content, signal })
}

/** What is done decides the outcome, not what is left behind. An object that is gone already is no failure. */
async function clear(store: ObjectStore, upload: string): Promise<void> {
  await store.delete(upload, { signal: AbortSignal.timeout(clearTimeoutMs) }).catch(() => {})
}

/** @throws LadingError `server-error` where a store would begin anew */
function readOnce(stream: ByteStream): Bytes {
  let opened = false
  return {
    open() {
      if (opened) throw new LadingError('server-error', 'the upload was disturbed, and its bytes cannot be read again')
      opened = true
      return stream
    },
  }
}

async function* bytesFrom(chunks: readonly Uint8Array[], from: number): AsyncGenerator<Uint8Array, void, undefined> {
  let skip = from
  for (const chunk of chunks) {
    if (skip < chunk.byteLength) yield chunk.subarray(skip)
    skip = Math.max(0, skip - chunk.byteLength)
  }
}
