import type { Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { maxManifestBytes } from '../../model/manifest.ts'
import { type Bytes, bytesOf, readAll } from '../../streams/index.ts'
import { blobName } from '../docker-image/archive-files.ts'
import type { Engine } from './engine.ts'
import { type ImageLoad, openImageLoad } from './image-load.ts'

/** An archive on its way into a daemon, and what was sent of it so far. */
export interface OutgoingArchive {
  readonly load: ImageLoad
  has(node: Node): boolean
  /** The bytes of a config or manifest. */
  document(node: Node): Uint8Array | undefined
  add(node: Node, bytes: Bytes, signal?: AbortSignal): Promise<void>
}

export function openOutgoingArchive(engine: Engine, signal: AbortSignal | undefined): OutgoingArchive {
  const load = openImageLoad(engine, signal)
  const sent = new Map<Digest, number>()
  const sending = new Map<Digest, Promise<void>>()
  const documents = new Map<Digest, Uint8Array>()

  async function send(node: Node, bytes: Bytes, addSignal?: AbortSignal): Promise<void> {
    const { digest, size, kind } = node
    let body = bytes
    if (kind !== 'layer') {
      const content = await readAll(bytes.open(0, addSignal), maxManifestBytes, `the ${kind} ${digest}`)
      documents.set(digest, content)
      body = bytesOf(content)
    }
    await load.add({ name: blobName(digest), size }, body, addSignal)
    sent.set(digest, size)
  }

  return {
    load,
    has: ({ digest, size }) => sent.get(digest) === size,
    document: ({ digest }) => (sent.has(digest) ? documents.get(digest) : undefined),
    async add(node, bytes, addSignal) {
      // containerd refuses a blob that stands in an archive twice.
      const known = sending.get(node.digest)
      if (known !== undefined) return known
      const ours = send(node, bytes, addSignal)
      sending.set(node.digest, ours)
      await ours
    },
  }
}
