import { openSession } from '../../src/copy/session.ts'
import { isLadingError } from '../../src/errors/index.ts'
import { isManifestNode, type Node } from '../../src/model/descriptor.ts'
import { digestOf, digestParts } from '../../src/model/digest.ts'
import { childrenOf, parseManifest } from '../../src/model/manifest.ts'
import { readAll } from '../../src/streams/index.ts'
import { openSource, parseReference } from '../../src/transports/index.ts'
import type { Seen } from './place.ts'

/** The digests of images of which every byte was read and checked. An image that there is none of is absent. */
export async function readWhole(...references: readonly string[]): Promise<Seen> {
  const found: Record<string, string> = {}
  for (const reference of references) {
    try {
      found[reference] = await readOne(reference)
    } catch (error) {
      if (!isLadingError(error, 'image-not-found', 'bucket-not-found')) throw error
    }
  }
  return found
}

async function readOne(reference: string): Promise<string> {
  await using session = openSession({}, () => {})
  await using source = await openSource(parseReference(reference), session.context('source'))
  const read = async (node: Node): Promise<void> => {
    const bytes = await readAll(source.fetch(node), node.size, node.digest)
    if (bytes.byteLength !== node.size || digestOf(bytes, digestParts(node.digest).algorithm) !== node.digest)
      throw new Error(`${node.kind} ${node.digest} of ${reference} is not whole`)
    if (isManifestNode(node)) for (const child of childrenOf(parseManifest(bytes, node.mediaType))) await read(child)
  }
  const root = await source.resolve()
  await read(root)
  return root.digest
}
