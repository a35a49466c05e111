import { isLadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import { type Manifest, parseManifest } from '../model/manifest.ts'

/** What the manifest of a node says. @throws LadingError `bad-manifest`, naming the node: an image has many manifests */
export function parseNode(node: Node, bytes: Uint8Array): Manifest {
  try {
    return parseManifest(bytes, node.mediaType)
  } catch (error) {
    throw isLadingError(error)
      ? error.with({ operation: 'read manifest', side: 'source', subject: node.digest })
      : error
  }
}
