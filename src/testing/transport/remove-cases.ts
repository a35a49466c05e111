import assert from 'node:assert/strict'
import { isLadingError } from '../../errors/index.ts'
import { childrenOf, parseManifest } from '../../model/manifest.ts'
import { bytesOf } from '../../streams/index.ts'
import { buildImage } from '../build-image.ts'
import type { ContractCase } from '../contract.ts'
import { tarArchive } from '../tar-blocks.ts'
import type { TransportPlace } from '../transport-place.ts'

/** Of places from which an image can be removed. */
export const transportRemoveCases: readonly ContractCase<TransportPlace>[] = [
  [
    'what was removed is absent, and can be written again',
    async ({ source, destination, remove }) => {
      const image = buildImage({
        layers: [new Uint8Array(tarArchive({ name: 'removed', body: new Uint8Array(1000) }))],
      })
      const bytes = (digest: typeof image.root.digest) => image.blobs.get(digest) ?? new Uint8Array()
      const write = async () => {
        await using to = await destination()
        for (const node of childrenOf(parseManifest(bytes(image.root.digest))))
          if (!(await to.has(node))) await to.push(node, bytesOf(bytes(node.digest)))
        await to.commit(image.root, bytes(image.root.digest), { force: false, imageBytes: 1 })
      }
      await write()
      if (remove !== undefined) {
        const { digest = image.root.digest } = await remove()
        assert.equal(digest, image.root.digest)
        await using to = await destination()
        assert.equal(await to.current(), undefined)
        await assert.rejects(remove(), isAbsent)
        await write()
      }
      await using from = await source()
      assert.equal((await from.resolve()).kind, 'manifest')
    },
  ],

  [
    'what was never written cannot be removed',
    async ({ remove }) => {
      if (remove !== undefined) await assert.rejects(remove(), isAbsent)
    },
  ],
]

function isAbsent(error: unknown): boolean {
  return isLadingError(error, 'image-not-found', 'bucket-not-found')
}
