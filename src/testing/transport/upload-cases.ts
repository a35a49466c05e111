import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { isLadingError } from '../../errors/index.ts'
import { childrenOf, parseManifest } from '../../model/manifest.ts'
import { bytesOf } from '../../streams/index.ts'
import { buildImage } from '../build-image.ts'
import type { ContractCase } from '../contract.ts'
import { answerTo } from '../direct-answer.ts'
import { tarArchive } from '../tar-blocks.ts'
import type { TransportPlace } from '../transport-place.ts'

/** An image of one layer, and that layer. */
function imageOfOne(size: number) {
  const bytes = new Uint8Array(tarArchive({ name: 'content', body: new Uint8Array(size).map((_, at) => at % 251) }))
  const image = buildImage({ layers: [bytes] })
  const manifest = image.blobs.get(image.root.digest) ?? new Uint8Array()
  const children = childrenOf(parseManifest(manifest, image.root.mediaType))
  const layer = children.find(({ kind }) => kind === 'layer')
  const config = children.find(({ kind }) => kind === 'config')
  assert(layer && config)
  const configBytes = image.blobs.get(config.digest) ?? new Uint8Array()
  return { root: image.root, manifest, layer, bytes, config, configBytes }
}

/** Of destinations whose blobs somebody else may write as files, and sources whose blobs are requests. */
export const transportUploadCases: readonly ContractCase<TransportPlace>[] = [
  [
    'an uploaded blob is there when it is finished, and not before',
    async ({ destination }) => {
      const { layer, bytes } = imageOfOne(300_000)
      await using to = await destination()
      const upload = await to.upload?.(layer)
      if (upload?.kind !== 'file') return await upload?.abort()
      await writeFile(upload.path, bytes)
      assert.equal(await to.has(layer), false)
      await upload.finish()
      assert.equal(await to.has(layer), true)
    },
  ],
  [
    'an upload that is given up, or of another size, leaves nothing',
    async ({ destination }) => {
      const { layer, bytes } = imageOfOne(300_000)
      await using to = await destination()
      const upload = await to.upload?.(layer)
      if (upload?.kind !== 'file') return await upload?.abort()
      await writeFile(upload.path, bytes.subarray(1))
      await assert.rejects(upload.finish(), error => isLadingError(error, 'size-mismatch'))
      await upload.abort()
      assert.equal(await to.has(layer), false)
      const other = await to.upload?.(layer)
      await other?.abort()
      assert.equal(await to.has(layer), false)
    },
  ],
  [
    'an image whose layer was uploaded is read as it was, also by requests where there are any',
    async ({ source, destination }) => {
      const { root, manifest, layer, bytes, config, configBytes } = imageOfOne(300_000)
      await using to = await destination()
      const upload = await to.upload?.(layer)
      if (upload?.kind !== 'file') await to.push(layer, bytesOf(bytes))
      else {
        await writeFile(upload.path, bytes)
        await upload.finish()
      }
      await to.push(config, bytesOf(configBytes))
      await to.commit(root, manifest, { force: false, imageBytes: bytes.byteLength })
      await using from = await source()
      await from.resolve()
      const chunks: Uint8Array[] = []
      for await (const chunk of from.fetch(layer)) chunks.push(chunk)
      assert.deepEqual(Buffer.concat(chunks), Buffer.from(bytes))
      const request = await from.locate?.(layer)
      if (request === undefined) return
      assert.deepEqual(await answerTo(request), Buffer.from(bytes))
      const part = { start: 100_000, end: 200_001 }
      assert.deepEqual(await answerTo(request, part), Buffer.from(bytes.subarray(part.start, part.end)))
    },
  ],
]
