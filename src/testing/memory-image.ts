import { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { type ByteStream, type Bytes, bytesOf, readAll } from '../streams/index.ts'
import type { CommitOptions, ImageDestination, ImageSource } from '../transports/index.ts'
import { keepsEverything, readAsStored } from '../transports/transport.ts'
import type { BuiltImage } from './build-image.ts'

/** A source over an image in memory that counts what is asked of it. `fetch` may be replaced to break it. */
export interface MemorySource extends ImageSource {
  readonly fetched: string[]
  fetch: ImageSource['fetch']
}

export function memorySource(image: BuiltImage): MemorySource {
  const fetched: string[] = []
  return {
    name: 'memory source',
    traits: readAsStored,
    fetched,
    resolve: async () => image.root,
    async *fetch(node: Node, range): ByteStream & AsyncGenerator<Uint8Array> {
      fetched.push(node.digest)
      const bytes = image.blobs.get(node.digest)
      if (bytes === undefined) throw new LadingError('blob-not-found', `no ${node.kind} ${node.digest}`)
      yield* bytesOf(bytes).open(range?.start)
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

/** A destination in memory that keeps the order in which things were stored, and refuses a parent before its children. */
export interface MemoryDestination extends ImageDestination {
  readonly stored: Map<Digest, Uint8Array>
  readonly order: Digest[]
  readonly committed: { root: Node; options: CommitOptions }[]
  push: ImageDestination['push']
}

export function memoryDestination(rootImpliesChildren = false): MemoryDestination {
  const stored = new Map<Digest, Uint8Array>()
  const order: Digest[] = []
  const committed: { root: Node; options: CommitOptions }[] = []
  const keep = async (node: Node, bytes: Bytes, signal?: AbortSignal) => {
    const content = await readAll(bytes.open(0, signal), Number.MAX_SAFE_INTEGER, node.digest)
    stored.set(node.digest, content)
    order.push(node.digest)
  }
  return {
    name: 'memory destination',
    traits: { ...keepsEverything, rootImpliesChildren },
    stored,
    order,
    committed,
    current: async () => committed.at(-1)?.root.digest,
    has: async node => stored.get(node.digest)?.byteLength === node.size,
    manifest: async node => stored.get(node.digest),
    push: keep,
    async pushDraft(draft, signal) {
      const content = await readAll(draft.read(), Number.MAX_SAFE_INTEGER, 'a draft')
      signal?.throwIfAborted()
      stored.set(draft.digest(), content)
      order.push(draft.digest())
    },
    async commit(root, bytes, options) {
      const previous = committed.at(-1)?.root.digest
      await keep(root, bytesOf(bytes))
      committed.push({ root, options })
      return { changed: previous !== root.digest, ...(previous === undefined ? {} : { previous }) }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}
