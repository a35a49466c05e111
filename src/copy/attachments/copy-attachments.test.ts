import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { referrersTag } from '../../model/attachment-tags.ts'
import { type Digest, digestParts } from '../../model/digest.ts'
import { type BuiltImage, buildImage, buildIndex } from '../../testing/build-image.ts'
import { buildReferrer, buildSignatures } from '../../testing/build-referrer.ts'
import { type FakeRegistry, startFakeRegistry } from '../../testing/fake-registry.ts'
import { openSource, parseReference } from '../../transports/index.ts'
import { copyImage } from '../copy-image.ts'
import { openSession } from '../session.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-attachments-'))
afterAll(() => rm(folder, { recursive: true }))
let made = 0
const newFolder = () => path.join(folder, String(made++))

const image = buildIndex({ 'linux/amd64': {}, 'linux/arm64': {} })
const platformNode = buildImage({ platform: 'linux/amd64' }).root
const sbom = buildReferrer(platformNode, { artifactType: 'application/spdx+json', body: 'an sbom' })
const note = buildReferrer(image.root, { annotations: { about: 'the index' } })
const noteOfSbom = buildReferrer(sbom.root, { body: 'about the sbom' })
const signatures = buildSignatures('the payload', ['first'])
const tagOf = (digest: Digest, suffix: string) => `sha256-${digestParts(digest).hex}.${suffix}`

function put(registry: FakeRegistry, name: string, { root, blobs }: BuiltImage, tag?: string): void {
  const repository = registry.repository(name)
  for (const [digest, bytes] of blobs) {
    if (Buffer.from(bytes).toString().includes('"schemaVersion"')) {
      const type = bytes.includes(91) && Buffer.from(bytes).toString().includes('"manifests"') ? 'index' : 'manifest'
      repository.addManifest(`application/vnd.oci.image.${type}.v1+json`, bytes)
    } else repository.blobs.set(digest, bytes)
  }
  if (tag !== undefined) repository.tags.set(tag, root.digest)
}

function putAll(registry: FakeRegistry, name: string): void {
  put(registry, name, image, 'v1')
  for (const one of [sbom, note, noteOfSbom]) put(registry, name, one)
  put(registry, name, signatures, tagOf(image.root.digest, 'sig'))
}

/** Everything that is attached at a place to these manifests. */
async function attachedAt(reference: string, subjects: readonly Digest[]) {
  await using session = openSession({}, () => {})
  await using source = await openSource(parseReference(reference), session.context('source'))
  const found = []
  for (const subject of subjects) {
    for await (const one of source.attachments?.(subject) ?? [])
      found.push({
        subject,
        by: one.by,
        tag: one.by === 'tag' ? one.tag : undefined,
        digest: one.node.digest,
        type: one.node.artifactType,
        annotations: one.node.annotations,
      })
  }
  return found
}

const subjects = [image.root.digest, platformNode.digest, sbom.root.digest]
let registry: FakeRegistry
beforeEach(async () => {
  registry = await startFakeRegistry()
  putAll(registry, 'app')
  return async () => await registry[Symbol.asyncDispose]()
})

describe.each([
  ['a registry', () => `${registry.host}/other:v1`],
  ['a bucket', () => `local://${newFolder()}//app:v1`],
  ['a layout', () => `oci:${newFolder()}:v1`],
  ['a layout, without a name', () => `oci:${newFolder()}`],
  ['an archive', () => `oci-archive:${newFolder()}:v1`],
])('through %s', (_, placeOf) => {
  test.each([
    false,
    true,
  ])('and back, everything is attached as it was (registries without the API: %s)', async noReferrers => {
    const place = placeOf()
    const result = await copyImage(`${registry.host}/app:v1`, place)
    expect(result.attachments).toEqual({
      copied: { signatures: 1, attestations: 0, sboms: 1, others: 2 },
      present: { signatures: 0, attestations: 0, sboms: 0, others: 0 },
      leftOut: [],
    })
    const before = await attachedAt(`${registry.host}/app:v1`, subjects)
    expect(before).toHaveLength(4)
    expect(await attachedAt(place, subjects)).toEqual(before)
    await using back = await startFakeRegistry({ quirks: { noReferrers } })
    await copyImage(place, `${back.host}/back:v1`)
    expect(await attachedAt(`${back.host}/back:v1`, subjects)).toEqual(before)
    expect(back.repository('back').tags.has(referrersTag(image.root.digest))).toBe(noReferrers)
  })

  test('again, they are there', async () => {
    const place = placeOf()
    await copyImage(`${registry.host}/app:v1`, place)
    const again = await copyImage(`${registry.host}/app:v1`, place)
    expect(again).toMatchObject({
      changed: false,
      attachments: { copied: { others: 0 }, present: { others: 2, signatures: 1, sboms: 1 } },
    })
  })

  test('what is attached later comes with a later copy', async () => {
    const place = placeOf()
    await copyImage(`${registry.host}/app:v1`, place)
    put(registry, 'app', buildReferrer(image.root, { body: 'news' }))
    const again = await copyImage(`${registry.host}/app:v1`, place)
    expect(again).toMatchObject({ changed: false, attachments: { copied: { others: 1 }, present: { others: 2 } } })
    expect(await attachedAt(place, [image.root.digest])).toHaveLength(3)
  })

  test('signatures of both sides stay', async () => {
    const place = placeOf()
    await copyImage(`${registry.host}/app:v1`, place)
    put(registry, 'app', buildSignatures('the payload', ['second']), tagOf(image.root.digest, 'sig'))
    await copyImage(`${registry.host}/app:v1`, place)
    await using back = await startFakeRegistry()
    await copyImage(place, `${back.host}/back:v1`)
    const repository = back.repository('back')
    const { bytes = new Uint8Array() } =
      repository.manifests.get(repository.tags.get(tagOf(image.root.digest, 'sig')) ?? 'sha256:') ?? {}
    const { layers } = JSON.parse(Buffer.from(bytes).toString())
    expect(layers.map((layer: { annotations: object }) => Object.values(layer.annotations)[0])).toEqual([
      'first',
      'second',
    ])
    const once = await copyImage(`${registry.host}/app:v1`, place)
    expect(once.attachments?.copied.signatures).toBe(0)
  })

  test('without what is attached, where that is said', async () => {
    const place = placeOf()
    const result = await copyImage(`${registry.host}/app:v1`, place, { referrers: false })
    expect(result.attachments).toBeUndefined()
    expect(await attachedAt(place, subjects)).toEqual([])
  })
})
