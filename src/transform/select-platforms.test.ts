import { describe, expect, test } from 'vitest'
import { digestOf } from '../model/digest.ts'
import { type ImageIndex, parseManifest } from '../model/manifest.ts'
import { parsePlatform } from '../model/platform.ts'
import { buildIndex } from '../testing/build-image.ts'
import { attestedDigest, entriesOf, requirePlatform, type SelectOptions, selectPlatforms } from './select-platforms.ts'

const image = buildIndex(
  { 'linux/amd64': {}, 'linux/arm/v6': {}, 'linux/arm/v7': {}, 'linux/arm64/v8': {} },
  { attestations: true },
)
const bytes = image.blobs.get(image.root.digest) ?? new Uint8Array()
const parsed = parseManifest(bytes) as ImageIndex
const select = (...platforms: string[]) =>
  selectPlatforms(image.root, bytes, entriesOf(parsed), platforms.map(parsePlatform))

describe('one platform', () => {
  test('gives its manifest as it is and says that the attestation stays behind', () => {
    const selection = select('linux/arm64')
    expect(selection.root.kind).toBe('manifest')
    expect(selection.bytes).toBeUndefined()
    expect(selection).toMatchObject({ kept: ['linux/arm64/v8'], attestationsLeftOut: 1 })
    expect(selection.leftOut).toEqual(['linux/amd64', 'linux/arm/v6', 'linux/arm/v7'])
  })

  test('is one where it is named twice', () => {
    expect(select('linux/arm64', 'linux/arm64/v8', 'linux/arm64')).toEqual(select('linux/arm64'))
  })

  test('arm without a variant is v7', () => expect(select('linux/arm').kept).toEqual(['linux/arm/v7']))
})

describe('several platforms', () => {
  test('give an index rewritten without the others, with the attestations of what stays', () => {
    const selection = select('linux/amd64', 'linux/arm64')
    const rewritten = parseManifest(selection.bytes ?? new Uint8Array()) as ImageIndex
    expect(rewritten.manifests).toHaveLength(4)
    expect(rewritten.manifests.filter(attestedDigest)).toHaveLength(2)
    expect(selection.root).toMatchObject({
      digest: digestOf(selection.bytes ?? new Uint8Array()),
      size: selection.bytes?.byteLength,
    })
    expect(selection).toMatchObject({ leftOut: ['linux/arm/v6', 'linux/arm/v7'], attestationsLeftOut: 0 })
  })

  test('that are all there is leave the index as it was', () => {
    const selection = select('linux/amd64', 'linux/arm/v6', 'linux/arm', 'linux/arm64')
    expect(selection.bytes).toBeUndefined()
    expect(selection.root).toEqual(image.root)
  })

  test('keep what the specification does not know of', () => {
    const strange = new TextEncoder().encode(
      JSON.stringify({ 'x-order': 1, ...JSON.parse(new TextDecoder().decode(bytes)), annotations: { a: 'b' } }),
    )
    const selection = selectPlatforms(image.root, strange, entriesOf(parsed), [
      parsePlatform('linux/amd64'),
      parsePlatform('linux/arm'),
    ])
    expect(JSON.parse(new TextDecoder().decode(selection.bytes))).toMatchObject({
      'x-order': 1,
      annotations: { a: 'b' },
    })
  })
})

test('a platform that is not there is an error that lists what is', () => {
  expect(() => select('linux/amd64', 'linux/s390x')).toThrow(
    expect.objectContaining({
      code: 'platform-not-found',
      hint: 'it has linux/amd64, linux/arm/v6, linux/arm/v7, linux/arm64/v8',
    }),
  )
})

test('a plain image of another platform is refused too', () => {
  expect(() => requirePlatform([parsePlatform('linux/arm64')], parsePlatform('linux/amd64'))).toThrow(
    expect.objectContaining({ code: 'platform-not-found', hint: 'it has linux/amd64' }),
  )
  expect(() => requirePlatform([parsePlatform('linux/arm64')], undefined)).toThrow(/has no linux\/arm64/)
  requirePlatform([parsePlatform('linux/arm64')], parsePlatform('linux/arm64/v8'))
})

describe('a sparse index', () => {
  const sparse = (...platforms: string[]) =>
    selectPlatforms(image.root, bytes, entriesOf(parsed), platforms.map(parsePlatform), { index: 'sparse' })

  test.each([['linux/amd64'], ['linux/amd64', 'linux/arm64']])('keeps its bytes: %s', (...platforms) => {
    const selection = sparse(...platforms)
    expect(selection).toMatchObject({ root: image.root, attestationsLeftOut: 0 })
    expect(selection.bytes).toBeUndefined()
    expect(selection.kept).toHaveLength(platforms.length)
    // with the attestation of each
    expect(selection.absent).toHaveLength(2 * (4 - platforms.length))
  })

  test('is a whole one where every platform is wanted', () => {
    expect(sparse('linux/amd64', 'linux/arm/v6', 'linux/arm', 'linux/arm64').absent).toBeUndefined()
  })
})

describe('two images for one platform', () => {
  const zstd = { 'io.github.containers.compression.zstd': 'true' }
  const entries = entriesOf(parsed).filter(({ platform }) => platform?.architecture === 'amd64')
  const [first] = entries
  if (first === undefined) throw new Error('the index has no amd64')
  const twins = [first, { ...first, node: { ...first.node, digest: digestOf(bytes), annotations: zstd } }]
  const chosen = (options: SelectOptions, offered = twins) =>
    selectPlatforms(image.root, bytes, offered, [parsePlatform('linux/amd64')], options).root.annotations

  test.each([
    ['zstd', zstd],
    ['gzip', undefined],
    [undefined, undefined],
  ] as const)('preferred: %s', (prefer, annotations) => {
    expect(chosen({ prefer })).toEqual(annotations)
    expect(chosen({ prefer }, twins.toReversed())).toEqual(prefer === undefined ? zstd : annotations)
  })
})

describe('as the containers tools match', () => {
  const choose = (wanted: string, entries = entriesOf(parsed)) =>
    selectPlatforms(image.root, bytes, entries, [parsePlatform(wanted)], { matching: 'compatible' })

  test.each([
    ['linux/arm/v8', 'linux/arm/v7'],
    ['linux/arm/v6', 'linux/arm/v6'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm64', 'linux/arm64/v8'],
  ])('%s is given %s', (wanted, given) => expect(choose(wanted).kept).toEqual([given]))

  test('nothing newer than what is wanted', () => {
    expect(() => choose('linux/arm/v5')).toThrow(expect.objectContaining({ code: 'platform-not-found' }))
  })

  test('an entry that names no platform is for all, where there is no other', () => {
    const [first] = entriesOf(parsed)
    if (first === undefined) throw new Error('the index is empty')
    const { platform: _, ...node } = first.node
    const silent = { node: { ...node, digest: digestOf(bytes) }, platform: undefined }
    expect(choose('linux/s390x', [silent, ...entriesOf(parsed)]).root.digest).toBe(digestOf(bytes))
    expect(choose('linux/arm/v6', [silent, ...entriesOf(parsed)]).kept).toEqual(['linux/arm/v6'])
  })
})
