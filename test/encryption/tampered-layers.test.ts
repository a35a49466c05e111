import { readdir, readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { copyImage } from '../../src/copy/index.ts'
import { digestOf } from '../../src/model/digest.ts'
import { buildImage } from '../../src/testing/build-image.ts'
import { tarArchive } from '../../src/testing/tar-blocks.ts'
import { openLayerEncryption } from '../../src/transform/encryption/layer-encryption.ts'
import { formatSecret } from '../../src/transform/encryption/layer-secret.ts'
import { readRecipients } from '../../src/transform/encryption/read-recipients.ts'
import { withWrappedKeys } from '../../src/transform/encryption/wrapped-keys.ts'
import { type EditedLayer, editLayout } from './edit-layout.ts'
import {
  decrypting,
  enc,
  encrypted,
  encrypting,
  first,
  folder,
  image,
  layersIn,
  refused,
  second,
} from './encrypted-images.ts'

describe('a copy with the key refuses, and keeps nothing of,', () => {
  const said = (layer: EditedLayer, annotations: Readonly<Record<string, string>>): EditedLayer => ({
    ...layer,
    descriptor: { ...layer.descriptor, annotations: { ...layer.descriptor.annotations, ...annotations } },
  })
  const publicOptions = (layer: EditedLayer, change: Readonly<Record<string, unknown>>) => {
    const text = Buffer.from(layer.descriptor.annotations?.[`${enc}pubopts`] ?? '', 'base64').toString()
    const changed = JSON.stringify({ ...JSON.parse(text), ...change })
    return said(layer, { [`${enc}pubopts`]: Buffer.from(changed).toString('base64') })
  }
  const withByte = ({ descriptor, bytes }: EditedLayer, at: number): EditedLayer => {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    return { descriptor, bytes: changed }
  }
  type Edit = (layers: readonly [EditedLayer, EditedLayer]) => readonly EditedLayer[]

  test.each<[string, Edit, string]>([
    ['a changed first byte', ([a, b]) => [withByte(a, 0), b], 'not-authentic'],
    ['a changed last byte', ([a, b]) => [a, withByte(b, b.bytes.byteLength - 1)], 'not-authentic'],
    ['a layer that breaks off', ([a, b]) => [{ ...a, bytes: a.bytes.subarray(0, -1) }, b], 'not-authentic'],
    [
      'a layer that goes on',
      ([a, b]) => [{ ...a, bytes: Buffer.concat([a.bytes, Buffer.alloc(1)]) }, b],
      'not-authentic',
    ],
    ['nothing in the place of a layer', ([a, b]) => [{ ...a, bytes: Buffer.alloc(0) }, b], 'not-authentic'],
    ['another HMAC', ([a, b]) => [publicOptions(a, { hmac: Buffer.alloc(32).toString('base64') }), b], 'not-authentic'],
    ['a short HMAC', ([a, b]) => [publicOptions(a, { hmac: Buffer.alloc(1).toString('base64') }), b], 'not-authentic'],
    ['an empty HMAC', ([a, b]) => [publicOptions(a, { hmac: '' }), b], 'not-authentic'],
    ['no HMAC', ([a, b]) => [publicOptions(a, { hmac: undefined }), b], 'not-authentic'],
    ['no public options', ([a, b]) => [said(a, { [`${enc}pubopts`]: '' }), b], 'not-authentic'],
    ['public options that are no JSON', ([a, b]) => [said(a, { [`${enc}pubopts`]: 'AAAA' }), b], 'not-authentic'],
    ['annotations that are no base64', ([a, b]) => [said(a, { [`${enc}keys.jwe`]: '*' }), b], 'not-authentic'],
    ['another cipher', ([a, b]) => [publicOptions(a, { cipher: 'ROT13' }), b], 'unsupported'],
    ['the annotations of another layer', ([a, b]) => [said(a, b.descriptor.annotations ?? {}), b], 'not-authentic'],
    [
      'the key of another layer',
      ([a, b]) => [a, said(b, { [`${enc}keys.jwe`]: a.descriptor.annotations?.[`${enc}keys.jwe`] ?? '' })],
      'not-authentic',
    ],
    ['layers in another order', ([a, b]) => [b, a], 'not-authentic'],
    ['a layer in the place of another', ([a]) => [a, a], 'not-authentic'],
    ['no wrapped key', ([a, b]) => [said(a, { [`${enc}keys.jwe`]: '' }), b], 'no-key'],
  ])('%s', async (_, edit, code) => {
    const source = await encrypted()
    await editLayout(`${folder}/encrypted`, layers => edit(layers as [EditedLayer, EditedLayer]))
    expect(await refused(source)).toMatchObject({ code })
  })

  test('bytes that have another digest', async () => {
    const source = await encrypted()
    const [layer] = await layersIn('encrypted')
    const file = `${folder}/encrypted/blobs/sha256/${layer?.descriptor.digest.slice('sha256:'.length)}`
    const bytes = await readFile(file)
    bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9)
    await writeFile(file, bytes)
    expect(await refused(source)).toMatchObject({ code: 'digest-mismatch' })
  })

  test('a layer that others encrypted for the same recipient', async () => {
    const source = await encrypted()
    const other = tarArchive({ name: 'first', body: 'what somebody else would like to have there' })
    await encrypted({}, buildImage({ layers: [other], gzip: true }), 'theirs')
    const [foreign] = await layersIn('theirs')
    await editLayout(`${folder}/encrypted`, ([, b]) => [foreign, b] as EditedLayer[])
    expect(await refused(source)).toMatchObject({ code: 'not-authentic' })
  })

  test('a layer that its config says nothing of, and is not the one that was sealed', async () => {
    const config = Buffer.from('{}')
    const manifest = { config: { mediaType: 'application/vnd.example+json', digest: digestOf(config), size: 2 } }
    const { root, blobs } = buildImage({ layers: [first], gzip: true, manifest })
    const artifact = { root, blobs: new Map([...blobs, [digestOf(config), config]]) }
    const source = await encrypted({}, artifact)
    const right = await copyImage(source, `oci:${folder}/right:v1`, decrypting)
    expect(right.digest).toBe(root.digest)
    const encryption = await openLayerEncryption(decrypting, { environment: {}, warn() {} })
    const [wrapper] = await readRecipients(encrypting.encryptionKeys, { environment: {}, warn() {} })
    await editLayout(`${folder}/encrypted`, async ([layer]) => {
      if (layer === undefined || wrapper === undefined) throw new Error('there is a layer')
      const { secret } = await encryption.open(layer.descriptor)
      const wrapped = await wrapper.wrap(formatSecret({ ...secret, digest: digestOf(second) }), undefined)
      const seal = Buffer.from(layer.descriptor.annotations?.[`${enc}pubopts`] ?? '', 'base64')
      return [said(layer, withWrappedKeys(undefined, [{ scheme: 'jwe', bytes: wrapped }], seal))]
    })
    expect(await refused(source)).toMatchObject({ code: 'not-authentic' })
  })

  test('a changed byte, on the way to an archive of Docker too', async () => {
    const source = await encrypted()
    await editLayout(`${folder}/encrypted`, ([a, b]) => [a, withByte(b as EditedLayer, 300)] as EditedLayer[])
    const to = `docker-archive:${folder}/image.tar:app:v1`
    await expect(copyImage(source, to, decrypting)).rejects.toMatchObject({ code: 'not-authentic' })
    expect(await readdir(folder)).not.toContain('image.tar')
  })

  test.each([
    ['a bucket', () => `local://${folder}/bucket//app:v1`],
    ['a directory', () => `dir:${folder}/directory`],
  ])('a changed byte, on the way to %s, and says that the source is to blame', async (_, to) => {
    const layer = tarArchive({ name: 'large', body: '0'.repeat(20_000_000) })
    const source = await encrypted({}, buildImage({ layers: [layer] }))
    await editLayout(`${folder}/encrypted`, ([a]) => [withByte(a as EditedLayer, 300)])
    const refusal = { code: 'not-authentic', side: 'source', subject: source }
    await expect(copyImage(source, to(), decrypting)).rejects.toMatchObject(refusal)
  })

  test('a nonce that is not sealed', async () => {
    const source = await encrypted()
    const cipheroptions = { nonce: Buffer.alloc(16).toString('base64') }
    await editLayout(`${folder}/encrypted`, layers => layers.map(layer => publicOptions(layer, { cipheroptions })))
    const { digest } = await copyImage(source, `oci:${folder}/opened:v1`, decrypting)
    expect(digest).toBe(image.root.digest)
  })
})
