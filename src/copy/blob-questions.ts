import type { Node } from '../model/descriptor.ts'
import type { ImageDestination } from '../transports/index.ts'

/** A blob up to this size costs its round trips and little else: sent in vain, it costs no more than the question whether it is there. */
const smallBytes = 64 * 1024
/** Blobs that are asked for before the rest is taken to be absent too. The lowest layers come first: those are what images share. */
const sampleSize = 8

/** `unsure`: nobody has asked. Whoever moves it finds out with the request that begins to. */
export type BlobPresence = 'present' | 'absent' | 'unsure'

/**
 * Asks a destination for the blobs of one image.
 *
 * Where `findOrBegin` asks and begins in one request, and none of the first small blobs is there, the others are not asked for: that
 * would be a third of the requests of a first push. Is one of them there, all are asked for: most of the image may be.
 *
 * @param exact ask for all of them, whatever it costs
 */
export function createBlobQuestions(
  destination: Pick<ImageDestination, 'has' | 'findOrBegin'>,
  { exact, signal }: { readonly exact: boolean; readonly signal: AbortSignal },
): (node: Node) => Promise<BlobPresence> {
  const sampled = Promise.withResolvers<void>()
  let asked = 0
  let answered = 0
  let isAnyThere = false

  const ask = async (node: Node): Promise<BlobPresence> =>
    (await destination.has(node, signal)) ? 'present' : 'absent'

  const sample = async (node: Node): Promise<BlobPresence> => {
    try {
      const presence = await ask(node)
      isAnyThere ||= presence === 'present'
      return presence
    } finally {
      answered += 1
      if (isAnyThere || answered === sampleSize) sampled.resolve()
    }
  }

  return async node => {
    if (exact || destination.findOrBegin === undefined || node.size > smallBytes) return await ask(node)
    if (asked < sampleSize) {
      asked += 1
      return await sample(node)
    }
    await sampled.promise
    return isAnyThere ? await ask(node) : 'unsure'
  }
}
