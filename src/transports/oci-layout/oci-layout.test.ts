import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { bytesOf } from '../../streams/index.ts'
import { type BuiltImage, buildImage } from '../../testing/build-image.ts'
import { transportSuite } from '../../testing/transport-suite.ts'
import { writeLayout } from '../../testing/write-layout.ts'
import { openOciLayoutDestination } from './destination.ts'
import { parseOciLayoutReference } from './reference.ts'
import { removeLayoutImage } from './remove.ts'
import { openOciLayoutSource } from './source.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-oci-'))
afterAll(() => rm(folder, { recursive: true }))

let opened = 0
const newLayout = () => path.join(folder, String(opened++))

transportSuite(
  { describe, test },
  {
    name: 'oci:',
    async place() {
      const reference = parseOciLayoutReference(`oci:${newLayout()}:v1`)
      return {
        source: () => openOciLayoutSource(reference),
        destination: () => openOciLayoutDestination(reference),
        remove: () => removeLayoutImage(reference, {}),
      }
    },
  },
)

transportSuite(
  { describe, test },
  {
    name: 'oci: with a shared folder of blobs',
    async place() {
      const reference = parseOciLayoutReference(`oci:${newLayout()}:v1`)
      const shared = newLayout()
      return {
        source: () => openOciLayoutSource(reference, shared),
        destination: () => openOciLayoutDestination(reference, shared),
      }
    },
  },
)

async function write(layout: string, name: string, image: BuiltImage): Promise<void> {
  await using to = await openOciLayoutDestination(parseOciLayoutReference(`oci:${layout}${name}`))
  for (const [digest, bytes] of image.blobs) {
    await to.push({ kind: 'blob', mediaType: 'x', digest, size: bytes.byteLength }, bytesOf(bytes))
  }
  await to.commit(image.root, image.blobs.get(image.root.digest) ?? new Uint8Array(), { force: false, imageBytes: 1 })
}

async function digestsOf(layout: string): Promise<string[]> {
  const { manifests } = JSON.parse(await readFile(path.join(layout, 'index.json'), 'utf8'))
  return manifests.map(
    (entry: { digest: string; annotations?: Record<string, string> }) =>
      `${entry.annotations?.['org.opencontainers.image.ref.name'] ?? '-'} ${entry.digest}`,
  )
}

describe('index.json', () => {
  const [one, two] = [buildImage({ layers: [new Uint8Array(1)] }), buildImage({ layers: [new Uint8Array(2)] })]

  test('keeps an entry whose name has moved, without the name', async () => {
    const layout = newLayout()
    await write(layout, ':v1', one)
    await write(layout, ':v1', two)
    expect(await digestsOf(layout)).toEqual([`- ${one.root.digest}`, `v1 ${two.root.digest}`])
    await write(layout, ':v1', one)
    expect(await digestsOf(layout)).toEqual([`- ${two.root.digest}`, `v1 ${one.root.digest}`])
  })

  test('gives one image as many names as one likes', async () => {
    const layout = newLayout()
    await write(layout, ':v1', one)
    await write(layout, ':latest', one)
    expect(await digestsOf(layout)).toEqual([`v1 ${one.root.digest}`, `latest ${one.root.digest}`])
  })

  test('without a name has an entry without one', async () => {
    const layout = newLayout()
    await write(layout, '', one)
    await write(layout, '', one)
    expect(await digestsOf(layout)).toEqual([`- ${one.root.digest}`])
  })

  test('is written under a condition where one is set', async () => {
    const layout = newLayout()
    const commit = async (image: BuiltImage, wanted: 'absent' | typeof one.root.digest) => {
      await using to = await openOciLayoutDestination(parseOciLayoutReference(`oci:${layout}:v1`))
      const bytes = image.blobs.get(image.root.digest) ?? new Uint8Array()
      return await to.commit(image.root, bytes, { force: false, imageBytes: 1, expect: wanted })
    }
    expect(await commit(one, 'absent')).toMatchObject({ changed: true })
    await expect(commit(two, 'absent')).rejects.toMatchObject({ code: 'tag-exists' })
    expect(await commit(one, 'absent')).toMatchObject({ changed: false })
    await expect(commit(two, two.root.digest)).rejects.toMatchObject({ code: 'precondition-failed' })
    await commit(two, one.root.digest)
    await expect(commit(one, one.root.digest)).rejects.toMatchObject({ code: 'precondition-failed' })
  })

  test('keeps fields and entries that others wrote', async () => {
    const layout = newLayout()
    await writeLayout(layout, { other: one })
    const index = JSON.parse(await readFile(path.join(layout, 'index.json'), 'utf8'))
    await writeFile(
      path.join(layout, 'index.json'),
      `﻿${JSON.stringify({ ...index, annotations: { by: 'hand' } }, null, 2)}\r\n`,
    )
    await write(layout, ':v1', two)
    expect(JSON.parse(await readFile(path.join(layout, 'index.json'), 'utf8'))).toMatchObject({
      annotations: { by: 'hand' },
    })
    expect(await digestsOf(layout)).toEqual([`other ${one.root.digest}`, `v1 ${two.root.digest}`])
  })

  test('loses no entry when many write at once', async () => {
    const layout = newLayout()
    await Promise.all(Array.from({ length: 12 }, (_, at) => write(layout, `:v${at}`, one)))
    expect(await digestsOf(layout)).toHaveLength(12)
  })
})

describe('reading', () => {
  const resolve = async (layout: string, rest: string) => {
    await using from = await openOciLayoutSource(parseOciLayoutReference(`oci:${layout}${rest}`))
    return (await from.resolve()).digest
  }

  test('without a name takes the only image, and names the others where there are more', async () => {
    const layout = newLayout()
    const [one, two] = [buildImage({ layers: [new Uint8Array(1)] }), buildImage({ layers: [new Uint8Array(2)] })]
    await writeLayout(layout, { one })
    expect(await resolve(layout, '')).toBe(one.root.digest)
    await writeLayout(layout, { one, two })
    await expect(resolve(layout, '')).rejects.toMatchObject({
      code: 'image-not-found',
      hint: expect.stringContaining('one, two'),
    })
    expect(await resolve(layout, ':@1')).toBe(two.root.digest)
    await expect(resolve(layout, ':@2')).rejects.toMatchObject({ code: 'image-not-found' })
    await expect(resolve(layout, ':three')).rejects.toMatchObject({
      code: 'image-not-found',
      hint: expect.stringContaining('one, two'),
    })
  })

  test.each([
    ['no JSON', 'index.json', '{', 'is not JSON'],
    [
      'a digest that is a path',
      'index.json',
      '{"schemaVersion":2,"manifests":[{"mediaType":"x","digest":"sha256:../../x","size":1}]}',
      'manifests.0.digest',
    ],
    ['another version', 'oci-layout', '{"imageLayoutVersion":"9.0.0"}', '9.0.0'],
    [
      'a negative size',
      'index.json',
      `{"schemaVersion":2,"manifests":[{"mediaType":"x","digest":"sha256:${'0'.repeat(64)}","size":-1}]}`,
      'is negative',
    ],
  ])('refuses %s', async (_, file, content, why) => {
    const layout = newLayout()
    await writeLayout(layout, { v1: buildImage() })
    await writeFile(path.join(layout, file), content)
    await expect(resolve(layout, ':v1')).rejects.toMatchObject({
      code: 'bad-layout',
      message: expect.stringContaining(why),
    })
  })
})
