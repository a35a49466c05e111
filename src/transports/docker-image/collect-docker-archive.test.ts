import { describe, expect, test } from 'vitest'
import { digestOf } from '../../model/digest.ts'
import { readAll } from '../../streams/index.ts'
import { readTar } from '../../streams/tar/index.ts'
import { inChunks, readLayer } from '../../testing/archive-readers.ts'
import { type ArchiveStyle, dockerArchive } from '../../testing/docker-archive.ts'
import { type RawEntry, tarArchive } from '../../testing/tar-blocks.ts'
import { collectDockerArchive } from './collect-docker-archive.ts'
import { resolveArchive } from './resolve-archive.ts'

const layer = (fill: number, size = 3000) => new Uint8Array(size).fill(fill)

describe('an archive that comes once', () => {
  const once = (entries: readonly RawEntry[], take = readLayer) =>
    collectDockerArchive(readTar(inChunks(tarArchive(...entries))), take)
  const collect = async (style: ArchiveStyle, layers: readonly Uint8Array[]) => {
    const taken: (string | undefined)[] = []
    await once(dockerArchive({ style, layers }).entries, async arriving => {
      taken.push(arriving.digest)
      return await readLayer(arriving)
    })
    return taken
  }

  test('tells a digest with a layer where its name does', async () => {
    const layers = [layer(1), layer(2)]
    const digests = layers.map(bytes => digestOf(bytes))
    expect(await collect('containers', layers)).toEqual(digests)
    expect(await collect('docker-25', layers)).toEqual(digests)
    expect(await collect('classic', layers)).toEqual([undefined, undefined])
    expect(await collect('crane', layers)).toEqual([undefined, undefined])
  })

  test('passes over a layer that is not wanted, and believes what was said of it', async () => {
    const { entries } = dockerArchive({ style: 'containers', layers: [layer(1), layer(2)] })
    const files = await once(entries, async arriving => arriving.digest ?? (await readLayer(arriving)))
    const { root, documents } = await resolveArchive(files, {})
    expect(documents.get(root.digest)).toBeDefined()
  })

  test('refuses a layer that its config knows otherwise', async () => {
    const { entries } = dockerArchive({ style: 'classic', layers: [layer(1), layer(2)] })
    const files = await once(
      entries.map(entry => (entry.name.endsWith('/layer.tar') ? { ...entry, body: layer(8) } : entry)),
    )
    await expect(resolveArchive(files, {})).rejects.toMatchObject({ code: 'digest-mismatch' })
  })

  test('refuses a layer that is a document', async () => {
    const { entries } = dockerArchive({ style: 'containers', layers: [layer(1)] })
    const body = String(entries.find(({ name }) => name === 'manifest.json')?.body).replace(/"[^"]*\.tar"/, '"x.json"')
    const files = await once([
      ...entries.filter(({ name }) => name !== 'manifest.json'),
      { name: 'x.json', body: '{}' },
      { name: 'manifest.json', body },
    ])
    await expect(resolveArchive(files, {})).rejects.toMatchObject({ code: 'bad-archive' })
  })

  test('gives a small layer that begins as JSON does to who takes layers', async () => {
    const odd = Buffer.from('{ is the name of the first file of this archive')
    const { entries } = dockerArchive({ style: 'containers', layers: [odd] })
    const read: Uint8Array[] = []
    await once(entries, async ({ body }) => {
      const bytes = await readAll(body, 1e9, 'a layer')
      read.push(bytes)
      return digestOf(bytes)
    })
    expect(read.map(bytes => Buffer.from(bytes))).toEqual([odd])
  })

  test('throws what whoever takes a layer throws', async () => {
    const failure = new Error('planted')
    const { entries } = dockerArchive({ style: 'classic', layers: [layer(1)] })
    await expect(once(entries, async () => Promise.reject(failure))).rejects.toBe(failure)
  })

  test('fails where it ends within a layer', async () => {
    const { bytes } = dockerArchive({ style: 'classic', layers: [layer(1, 100_000)] })
    await expect(collectDockerArchive(readTar(inChunks(bytes.subarray(0, 60_000))), readLayer)).rejects.toMatchObject({
      code: 'bad-archive',
    })
  })
})
