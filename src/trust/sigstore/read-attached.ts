import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { digestOf, digestParts } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import { readAll } from '../../streams/index.ts'
import type { ImageSource } from '../../transports/index.ts'

/** A document that belongs to an attachment, checked against its digest. @throws LadingError `digest-mismatch`, `too-large` */
export async function readAttached(source: ImageSource, node: Node, signal?: AbortSignal): Promise<Uint8Array> {
  if (node.size > limits.manifestBytes) {
    throw new LadingError('too-large', `it has ${node.size} bytes, and ${limits.manifestBytes} are the limit`, {
      subject: node.digest,
    })
  }
  const bytes = await readAll(source.fetch(node, undefined, signal), limits.manifestBytes, node.digest)
  if (bytes.byteLength !== node.size || digestOf(bytes, digestParts(node.digest).algorithm) !== node.digest) {
    throw new LadingError('digest-mismatch', 'it is not what it is named by', { subject: node.digest })
  }
  return bytes
}
