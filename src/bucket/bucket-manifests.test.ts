import { expect, test } from 'vitest'
import { blobKey } from '../layout/index.ts'
import type { Node } from '../model/descriptor.ts'
import { type Digest, digestOf } from '../model/digest.ts'
import { memoryStore, type ObjectStore } from '../stores/index.ts'
import { bucketManifests } from './bucket-manifests.ts'

const mediaType = 'application/vnd.oci.image.manifest.v1+json'
const descriptor = { mediaType, digest: digestOf(new Uint8Array()), size: 1 }

/** A store with manifests of so many layers, and what is asked of it. */
async function storeOf(...layers: number[]) {
  const store = memoryStore()
  const nodes: Node[] = []
  for (const count of layers) {
    const manifest = { schemaVersion: 2, mediaType, config: descriptor, layers: Array(count).fill(descriptor) }
    const bytes = new TextEncoder().encode(JSON.stringify(manifest))
    const digest = digestOf(bytes)
    await store.put(blobKey(digest), bytes)
    nodes.push({ kind: 'manifest', mediaType, digest, size: bytes.byteLength })
  }
  const asked: string[] = []
  const counting: ObjectStore = {
    ...store,
    get: (key, options) => store.get(key, options).finally(() => asked.push(key)),
  }
  return {
    manifests: bucketManifests(counting),
    nodes,
    asked: (digest: Digest) => asked.filter(key => key === blobKey(digest)).length,
  }
}

test('a manifest is asked for once, also by two at once, until it is forgotten', async () => {
  const { manifests, nodes, asked } = await storeOf(2)
  const [node] = nodes as [Node]
  await Promise.all([manifests.read(node), manifests.read(node)])
  await manifests.read(node)
  expect(asked(node.digest)).toBe(1)
  manifests.forget(node)
  expect((await manifests.read(node)).manifest).toMatchObject({ kind: 'manifest' })
  expect(asked(node.digest)).toBe(2)
})

test('what is remembered is bounded by what the manifests name', async () => {
  const { manifests, nodes, asked } = await storeOf(6000, 5, 6001)
  const [first, small, second] = nodes as [Node, Node, Node]
  for (const node of [first, small, second, small, second, first]) await manifests.read(node)
  expect([first, small, second].map(({ digest }) => asked(digest))).toEqual([2, 1, 1])
})

test('that a store cannot be asked is not remembered', async () => {
  const { manifests, nodes, asked } = await storeOf(1)
  const [node] = nodes as [Node]
  const signal = AbortSignal.abort()
  await expect(manifests.read(node, signal)).rejects.toThrow()
  expect((await manifests.read(node)).manifest).toMatchObject({ kind: 'manifest' })
  expect(asked(node.digest)).toBe(2)
})
