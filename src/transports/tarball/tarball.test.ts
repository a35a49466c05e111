import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '../../model/digest.ts'
import { parseImageConfig } from '../../model/image-config.ts'
import { parseManifest } from '../../model/manifest.ts'
import { hostPlatform } from '../../model/platform.ts'
import { bytesOf, readAll } from '../../streams/index.ts'
import { createStreamSink, openTarWriter } from '../../streams/tar/index.ts'
import { findProgram } from '../programs/find-program.ts'
import { formatTarballReference, parseTarballReference } from './reference.ts'
import { openTarballSource } from './source.ts'

const [xz, mkfifo] = [await findProgram('xz', process.env), await findProgram('mkfifo', process.env)]
let folder: string
let plain: Uint8Array

async function archiveOf(name: string, content: Uint8Array): Promise<Uint8Array> {
  const sink = createStreamSink()
  const writer = openTarWriter(sink)
  const written = (async () => {
    await writer.add({ name, size: content.byteLength }, bytesOf(content))
    await writer.finish()
  })()
  const bytes = await readAll(sink.stream, 10_000_000, name)
  await written
  return bytes
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lading-tarball-'))
  plain = await archiveOf('etc/hello', new Uint8Array(300_000).fill(7))
  const files = {
    'plain.tar': plain,
    'gzip.tgz': gzipSync(plain),
    'zstd.tar': zstdCompressSync(plain),
    text: 'no archive',
    empty: '',
  }
  for (const [name, bytes] of Object.entries(files)) await writeFile(path.join(folder, name), bytes)
  await utimes(path.join(folder, 'plain.tar'), 1_700_000_000, 1_700_000_000)
  await utimes(path.join(folder, 'gzip.tgz'), 1_600_000_000, 1_600_000_000)
})
afterAll(() => rm(folder, { recursive: true }))

const open = (...names: string[]) =>
  openTarballSource({ transport: 'tarball', paths: names.map(name => path.join(folder, name)) })

async function look(...names: string[]) {
  await using from = await open(...names)
  const root = await from.resolve()
  const manifest = parseManifest(await readAll(from.fetch(root), 1_000_000, 'manifest'), root.mediaType)
  if (manifest.kind !== 'manifest') throw new Error('an index')
  const config = await readAll(from.fetch(manifest.config), 1_000_000, 'config')
  const layers = await Promise.all(manifest.layers.map(layer => readAll(from.fetch(layer), 10_000_000, 'layer')))
  for (const [at, layer] of manifest.layers.entries()) {
    expect([digestOf(layers[at] ?? new Uint8Array()), layers[at]?.byteLength]).toEqual([layer.digest, layer.size])
  }
  return { root, manifest, config: parseImageConfig(config), types: manifest.layers.map(({ mediaType }) => mediaType) }
}

describe('tar archives', () => {
  test('are layers in their order, as they are compressed', async () => {
    const { config, types } = await look('plain.tar', 'gzip.tgz', 'zstd.tar')
    const layer = 'application/vnd.oci.image.layer.v1.tar'
    expect(types).toEqual([layer, `${layer}+gzip`, `${layer}+zstd`])
    expect(config.diffIds).toEqual([plain, plain, plain].map(bytes => digestOf(bytes)))
    expect(config.platform).toEqual(hostPlatform())
  })

  test('are the same image each time, as old as the newest of them', async () => {
    const [first, second] = [await look('plain.tar', 'gzip.tgz'), await look('plain.tar', 'gzip.tgz')]
    expect(second.root).toEqual(first.root)
    expect(first.config.created).toBe('2023-11-14T22:13:20.000Z')
  })

  test.skipIf(xz === undefined)('that no media type can name are unpacked', async () => {
    const file = path.join(folder, 'copy.tar')
    await writeFile(file, plain)
    await promisify(execFile)(xz ?? '', [file])
    const { config, types, manifest } = await look('copy.tar.xz')
    expect(types).toEqual(['application/vnd.oci.image.layer.v1.tar'])
    expect(manifest.layers.map(({ digest }) => digest)).toEqual(config.diffIds)
  })

  test.skipIf(mkfifo === undefined)('that come through a pipe are the same layer, and can be read again', async () => {
    const pipe = path.join(folder, 'pipe')
    await promisify(execFile)(mkfifo ?? '', [pipe])
    const [, piped] = await Promise.all([writeFile(pipe, gzipSync(plain)), look('pipe')])
    expect(piped.config.diffIds).toEqual([digestOf(plain)])
    expect(piped.types).toEqual(['application/vnd.oci.image.layer.v1.tar+gzip'])
  })

  test('can be read in part', async () => {
    await using from = await open('gzip.tgz')
    const root = await from.resolve()
    const manifest = parseManifest(await readAll(from.fetch(root), 1_000_000, 'manifest'), root.mediaType)
    const [layer] = manifest.kind === 'manifest' ? manifest.layers : []
    if (layer === undefined) throw new Error('no layer')
    const file = await readFile(path.join(folder, 'gzip.tgz'))
    expect(Buffer.from(await readAll(from.fetch(layer, { start: 10, end: 20 }), 100, 'part'))).toEqual(
      file.subarray(10, 20),
    )
  })

  test.each([
    ['text', 'bad-archive'],
    ['absent', 'image-not-found'],
    ['.', 'bad-archive'],
  ])('are refused where one is %s', async (name, code) => {
    await expect(look('plain.tar', name)).rejects.toMatchObject({ code, subject: path.join(folder, name) })
  })

  test('that are cut off are refused', async () => {
    await writeFile(path.join(folder, 'half.tgz'), gzipSync(plain.subarray(0, 100_000)))
    await expect(look('half.tgz')).rejects.toMatchObject({ code: 'bad-archive' })
    await writeFile(path.join(folder, 'cut.tgz'), gzipSync(plain).subarray(0, 200))
    await expect(look('cut.tgz')).rejects.toMatchObject({ code: 'bad-compression' })
  })
})

describe('a reference', () => {
  test.each([
    ['tarball:a.tar', ['a.tar']],
    ['tarball:a.tar:/b/c.tgz', ['a.tar', '/b/c.tgz']],
    ['tarball:-', ['-']],
    ['tarball:-:b', ['-', 'b']],
  ])('%s is read, and written as it was', (text, paths) => {
    const reference = parseTarballReference(text)
    expect(reference).toEqual({ transport: 'tarball', paths })
    expect(formatTarballReference(reference)).toBe(text)
  })

  test('may have drive letters on Windows', () => {
    expect(parseTarballReference('tarball:C:\\a.tar:d:/b.tar:c.tar', 'win32').paths).toEqual([
      'C:\\a.tar',
      'd:/b.tar',
      'c.tar',
    ])
    expect(parseTarballReference('tarball:C:/a.tar', 'linux').paths).toEqual(['C', '/a.tar'])
  })

  test.each(['tarball:', 'tarball:a:', 'tarball::a', 'tarball:-:-', 'tarball:a\0'])('%j is refused', text => {
    expect(() => parseTarballReference(text)).toThrow(expect.objectContaining({ code: 'bad-reference' }))
  })
})
