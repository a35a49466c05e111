import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestOf } from '../../model/digest.ts'
import { readAll } from '../../streams/index.ts'
import { inChunks } from '../../testing/archive-readers.ts'
import { decryptLayer } from './decrypt-layer.ts'
import { encryptLayer } from './encrypt-layer.ts'

async function encrypted(plain: Uint8Array, size: number) {
  const layer = encryptLayer(inChunks(plain, size))
  const bytes = Buffer.from(await readAll(layer.bytes, 1e6, 'the layer'))
  return { bytes, ...layer.finish() }
}

const size = fc.integer({ min: 1, max: 400 })

test('what was encrypted in any pieces is decrypted in any others', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), size, size, async (plain, one, other) => {
      const { bytes, secret, seal } = await encrypted(plain, one)
      expect(secret.digest).toBe(digestOf(plain))
      expect(bytes.byteLength).toBe(plain.byteLength)
      const opened = await readAll(decryptLayer(inChunks(bytes, other), { secret, seal }, true), 1e6, 'the layer')
      expect(Buffer.from(opened)).toEqual(Buffer.from(plain))
    }),
  )
})

test('whatever bit is changed, the end is never given', async () => {
  const plain = Buffer.alloc(100, 'x')
  const { bytes, secret, seal } = await encrypted(plain, 64)
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.byteLength * 8 - 1), size, async (bit, pieces) => {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      let given = 0
      const read = async () => {
        for await (const chunk of decryptLayer(inChunks(changed, pieces), { secret, seal }, false))
          given += chunk.byteLength
      }
      await expect(read()).rejects.toMatchObject({ code: 'not-authentic' })
      expect(given).toBeLessThan(bytes.byteLength)
    }),
  )
})

test('what is not finished has no key', () => {
  expect(() => encryptLayer(inChunks(Buffer.alloc(1), 1)).finish()).toThrow('have not all come')
})
