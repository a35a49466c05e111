import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { referrersTag } from '../../model/attachment-tags.ts'
import { attachedAt, image, putAttachedImage, putImage, subjects, tagOf } from '../../testing/attached-image.ts'
import { buildReferrer, buildSignatures } from '../../testing/build-referrer.ts'
import { type FakeRegistry, startFakeRegistry } from '../../testing/fake-registry.ts'
import { copyImage } from '../copy-image.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-attachments-'))
afterAll(() => rm(folder, { recursive: true }))
let made = 0
const newFolder = () => path.join(folder, String(made++))

let registry: FakeRegistry
beforeEach(async () => {
  registry = await startFakeRegistry()
  putAttachedImage(registry, 'app')
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
    putImage(registry, 'app', buildReferrer(image.root, { body: 'news' }))
    const again = await copyImage(`${registry.host}/app:v1`, place)
    expect(again).toMatchObject({ changed: false, attachments: { copied: { others: 1 }, present: { others: 2 } } })
    expect(await attachedAt(place, [image.root.digest])).toHaveLength(3)
  })

  test('signatures of both sides stay', async () => {
    const place = placeOf()
    await copyImage(`${registry.host}/app:v1`, place)
    putImage(registry, 'app', buildSignatures('the payload', ['second']), tagOf(image.root.digest, 'sig'))
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

test('signatures that are to be removed do not come, and the rest does', async () => {
  const place = `oci:${newFolder()}:v1`
  const { attachments } = await copyImage(`${registry.host}/app:v1`, place, { removeSignatures: true })
  expect(attachments).toMatchObject({ copied: { signatures: 0, sboms: 1, others: 2 }, leftOut: [] })
  expect((await attachedAt(place, subjects)).map(({ by }) => by)).toEqual(['referrer', 'referrer', 'referrer'])
})
