import { readdir, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Digest, digestOf, digestParts } from '../../src/model/digest.ts'
import { ociIndex, ociManifest } from '../../src/model/media-types.ts'
import { type BuiltImage, buildImage, buildIndex } from '../../src/testing/build-image.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { lading, newFolder } from './lading.ts'

const layerType = 'application/vnd.oci.image.layer.v1.tar'
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** An image whose root document is `bytes`, whatever they are. */
function rootOf(bytes: Uint8Array, mediaType = ociManifest, from: BuiltImage = buildImage()): BuiltImage {
  const digest = digestOf(bytes)
  const kind = mediaType === ociIndex ? 'index' : 'manifest'
  return { root: { kind, mediaType, digest, size: bytes.byteLength }, blobs: new Map([...from.blobs, [digest, bytes]]) }
}

const plain = buildImage({ layers: [new Uint8Array(300_000).fill(7)] })
const [layerDigest] = [...plain.blobs.keys()]
const named = (digest: string, size: number, mediaType = layerType) => ({ mediaType, digest, size })
const config = named(digestOf(encode({})), 2, 'application/vnd.oci.empty.v1+json')
const manifest = (layers: unknown[]) => rootOf(encode({ schemaVersion: 2, mediaType: ociManifest, config, layers }))

/** Two manifests whose subjects are each other: no true digests can do that, so their files lie. */
function cycle(): BuiltImage {
  const [one, two] = ['1', '2'].map(fill => `sha256:${fill.repeat(64)}` as Digest) as [Digest, Digest]
  const document = (subject: Digest) =>
    encode({ schemaVersion: 2, mediaType: ociManifest, config, layers: [], subject: named(subject, 400, ociManifest) })
  const bytes = document(two)
  return {
    root: { kind: 'manifest', mediaType: ociManifest, digest: one, size: bytes.byteLength },
    blobs: new Map([
      [one, bytes],
      [two, document(one)],
    ]),
  }
}

/** An index that names itself, under a digest that is not its own. */
function selfIndex(): BuiltImage {
  const digest: Digest = `sha256:${'3'.repeat(64)}`
  const bytes = encode({ schemaVersion: 2, mediaType: ociIndex, manifests: [named(digest, 300, ociIndex)] })
  return {
    root: { kind: 'index', mediaType: ociIndex, digest, size: bytes.byteLength },
    blobs: new Map([[digest, bytes]]),
  }
}

function nested(depth: number): BuiltImage {
  let image = buildIndex({ 'linux/amd64': {} })
  for (let level = 0; level < depth; level += 1) {
    const { mediaType, digest, size } = image.root
    image = rootOf(
      encode({ schemaVersion: 2, mediaType: ociIndex, manifests: [{ mediaType, digest, size }] }),
      ociIndex,
      image,
    )
  }
  return image
}

describe('a hostile image is a clear error, in bounded memory, and nothing is committed:', () => {
  test.each<[string, BuiltImage, number, string]>([
    [
      '10 MB of JSON',
      rootOf(encode({ schemaVersion: 2, config, layers: [], pad: 'x'.repeat(10_000_000) })),
      4,
      'limit',
    ],
    [
      '100 000 layers',
      manifest(Array.from({ length: 100_000 }, (_, at) => named(`sha256:${at.toString(16).padStart(64, '0')}`, 1))),
      4,
      'limit',
    ],
    [
      '30 000 layers in 4 MiB that are not there',
      manifest(Array.from({ length: 30_000 }, (_, at) => named(`sha256:${at.toString(16).padStart(64, '0')}`, 1, 'x'))),
      2,
      'sha256:',
    ],
    ['a negative size', manifest([named(layerDigest ?? '', -1)]), 4, 'layers.0.size is negative'],
    ['a cycle of subjects', cycle(), 4, 'expected sha256:1111'],
    ['an index that names itself', selfIndex(), 4, 'sha256:3333'],
    ['indexes nested without end', nested(40), 4, 'nested'],
    [
      'a manifest that says that it is an index',
      rootOf(encode({ schemaVersion: 2, mediaType: ociIndex, manifests: [] })),
      4,
      'was named as',
    ],
    [
      'a document of two shapes',
      rootOf(encode({ schemaVersion: 2, mediaType: ociManifest, config, layers: [], manifests: [] })),
      4,
      'two ways',
    ],
    [
      'two sizes for one digest',
      manifest([named(layerDigest ?? '', 5), named(layerDigest ?? '', 6)]),
      4,
      'one of them is wrong',
    ],
    ['a digest that is a path', manifest([named('sha256:../../../../etc/passwd', 5)]), 4, 'layers.0.digest'],
    [
      'a schema 1 manifest',
      rootOf(encode({ schemaVersion: 1, name: 'x', tag: 'y', fsLayers: [], history: [] })),
      64,
      'schema 1',
    ],
  ])('%s', async (_, image, code, why) => {
    const folder = await newFolder()
    await writeLayout(path.join(folder, 'layout'), { v1: image })
    const run = await lading(['copy', `oci:${folder}/layout:v1`, `local://${folder}/bucket//app:v1`])
    expect(run.stderr).toContain(why)
    expect(run.stderr).toMatch(/ oci:| sha256:/)
    expect(run.code).toBe(code)
    expect(run.stdout).toBe('')
    expect(run.peakBytes).toBeLessThan(250 * 1024 * 1024)
    expect(await committed(path.join(folder, 'bucket'))).toEqual([])
  })
})

describe('damage at the source is named, and nothing is committed:', () => {
  const file = (folder: string) => {
    const { algorithm, hex } = digestParts(layerDigest as Digest)
    return path.join(folder, 'layout/blobs', algorithm, hex)
  }

  test.each<[string, (layer: string) => Promise<void>, string]>([
    ['wrong bytes', layer => writeFile(layer, new Uint8Array(300_000).fill(8)), 'digest'],
    ['a truncated layer', layer => truncate(layer, 1000), '300000'],
    ['a layer that is too long', layer => writeFile(layer, new Uint8Array(300_001).fill(7)), 'more than'],
    ['an empty layer', layer => truncate(layer, 0), '300000'],
  ])('%s', async (_, damage, why) => {
    const folder = await newFolder()
    await writeLayout(path.join(folder, 'layout'), { v1: plain })
    await damage(file(folder))
    const run = await lading(['copy', `oci:${folder}/layout:v1`, `local://${folder}/bucket//app:v1`])
    expect(run.code).toBe(4)
    expect(run.stderr).toContain(layerDigest)
    expect(run.stderr).toContain(why)
    expect(await committed(path.join(folder, 'bucket'))).toEqual([])
  })
})

test('an attestation that names an image which is not there is no reason to stop', async () => {
  const folder = await newFolder()
  const statement = buildImage()
  const { mediaType, digest, size } = statement.root
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': `sha256:${'9'.repeat(64)}`,
  }
  const index = rootOf(
    encode({ schemaVersion: 2, mediaType: ociIndex, manifests: [{ mediaType, digest, size, annotations }] }),
    ociIndex,
    statement,
  )
  await writeLayout(path.join(folder, 'layout'), { v1: index })
  expect(await lading(['copy', `oci:${folder}/layout:v1`, `local://${folder}/bucket//app:v1`])).toMatchObject({
    code: 0,
  })
})

async function committed(bucket: string): Promise<string[]> {
  return await readdir(path.join(bucket, 'manifests')).catch(() => [])
}
