import assert from 'node:assert/strict'
import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { digestOf } from '../../model/digest.ts'
import { ociLayer } from '../../model/media-types.ts'
import { type ByteStream, createDraft } from '../../streams/index.ts'
import type { ContractCase } from '../contract.ts'
import type { TransportPlace } from '../transport-place.ts'

/** Content that differs from place to place, and whose digest is known to nobody before it has passed. */
function content(size: number, seed: number): { readonly layer: Node; readonly bytes: Uint8Array } {
  const bytes = new Uint8Array(size).map((_, at) => (at * seed + (at >> 8)) & 255)
  return { layer: { kind: 'layer', mediaType: ociLayer, digest: digestOf(bytes), size }, bytes }
}

async function* oddChunks(bytes: Uint8Array): ByteStream & AsyncGenerator<Uint8Array> {
  let at = 0
  for (let size = 1; at < bytes.byteLength; size = (size * 7) % 199_999) {
    yield bytes.subarray(at, at + size)
    at += size
  }
}

const mebibyte = 1024 * 1024

/** Of destinations that take drafts. */
export const transportDraftCases: readonly ContractCase<TransportPlace>[] = [
  ...[0, 1, 300_000, 20 * mebibyte].map(
    (size): ContractCase<TransportPlace> => [
      `a draft of ${size} bytes in odd chunks is stored under their digest`,
      async ({ destination }) => {
        const { layer, bytes } = content(size, 31)
        await using to = await destination()
        await to.pushDraft?.(createDraft(oddChunks(bytes)))
        assert.equal(await to.has(layer), to.pushDraft !== undefined)
      },
    ],
  ),

  [
    'the same draft again, and by several at once, is stored',
    async ({ destination }) => {
      const { layer, bytes } = content(9 * mebibyte, 33)
      await using to = await destination()
      await using other = await destination()
      if (to.pushDraft === undefined) return
      await to.pushDraft(createDraft(oddChunks(bytes)))
      await Promise.all([to, other, to].map(each => each.pushDraft?.(createDraft(oddChunks(bytes)))))
      assert.equal(await to.has(layer), true)
    },
  ],

  [
    'a draft whose bytes throw leaves nothing, and their own error comes out',
    async ({ destination }) => {
      const { layer, bytes } = content(20 * mebibyte, 35)
      const failure = new LadingError('digest-mismatch', 'planted')
      await using to = await destination()
      for (const after of [0, 1000, layer.size]) {
        const failing = async function* () {
          yield* oddChunks(bytes.subarray(0, after))
          throw failure
        }
        const pushed = to.pushDraft?.(createDraft(failing())) ?? Promise.reject(failure)
        await assert.rejects(pushed, error => error === failure)
        const node = { ...layer, digest: digestOf(bytes.subarray(0, after)), size: after }
        assert.equal(await to.has(node), false)
      }
    },
  ],

  [
    'an aborted draft leaves nothing',
    async ({ destination }) => {
      const { layer, bytes } = content(20 * mebibyte, 37)
      await using to = await destination()
      if (to.pushDraft === undefined) return
      for (const before of [1000, 12 * mebibyte]) {
        const controller = new AbortController()
        const aborting = async function* () {
          yield* oddChunks(bytes.subarray(0, before))
          controller.abort()
          yield* oddChunks(bytes.subarray(before))
        }
        await assert.rejects(to.pushDraft(createDraft(aborting()), controller.signal))
      }
      assert.equal(await to.has(layer), false)
    },
  ],
]
