import { LadingError } from '../errors/index.ts'
import { type Digest, digestParts } from '../model/digest.ts'
import { type ByteStream, type Compression, createDraft, decompress } from '../streams/index.ts'

/**
 * The same bytes, of which the last chunk is held back until what they decompress to has this digest: for a layer that stays as it is,
 * and that nothing else proves.
 *
 * @throws LadingError `not-authentic`, or `bad-compression` where they do not decompress
 */
export async function* checkedAside(
  body: ByteStream,
  compression: Compression,
  diffId: Digest,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const draft = createDraft(decompress(readable, compression), digestParts(diffId).algorithm)
  const read = (async () => {
    for await (const _ of draft.read());
  })()
  read.catch(() => undefined)
  let held: Uint8Array | undefined
  try {
    for await (const chunk of body) {
      // It fails where the reader has: why, the reader says.
      await writer.write(chunk).catch(() => read)
      if (held !== undefined) yield held
      held = chunk
    }
    await writer.close().catch(() => read)
    await read
  } finally {
    writer.abort().catch(() => undefined)
  }
  if (draft.digest() !== diffId) {
    throw new LadingError(
      'not-authentic',
      `a decrypted layer is ${draft.digest()}, and the image's config names ${diffId}`,
      {
        side: 'source',
        hint: 'somebody has put another layer in its place: get the image from where it was made',
      },
    )
  }
  if (held !== undefined) yield held
}
