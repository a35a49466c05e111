import assert from 'node:assert/strict'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { compressChunked, decompress, readAll, sniffCompression } from '../../../src/streams/index.ts'
import { readTar } from '../../../src/streams/tar/index.ts'
import { archiveReaders, inChunks, readLayer } from '../../../src/testing/archive-readers.ts'
import { buildImage } from '../../../src/testing/build-image.ts'
import { dockerArchive, hybridArchive } from '../../../src/testing/docker-archive.ts'
import { paxBody, tarArchive } from '../../../src/testing/tar-blocks.ts'
import { parseArchiveManifest } from '../../../src/transports/docker-image/archive-manifest.ts'
import { resolveArchive } from '../../../src/transports/docker-image/resolve-archive.ts'
import { receiveLayout } from '../../../src/transports/oci-archive/archived-layout.ts'
import { readSif } from '../../../src/transports/sif/read-sif.ts'
import { runCommand } from '../../../src/transports/sif/run-script.ts'
import { squashLayer } from '../../../src/transports/sif/squash-layer.ts'
import { inMemory } from '../in-memory.ts'
import { readLayout } from '../layout-in-memory.ts'
import { drain, refusable } from '../refusable.ts'
import { repairTar } from '../repair-tar.ts'
import { type FuzzTarget, jsonSeeds, textSeeds } from '../target.ts'

const tars = [
  tarArchive(
    { name: 'folder/', flag: '5' },
    { name: 'folder/file', body: 'content' },
    { name: 'folder/link', flag: '2', link: 'file' },
    { name: 'hard', flag: '1', link: 'folder/file' },
  ),
  tarArchive(
    { name: 'g', flag: 'g', body: paxBody({ path: 'global' }) },
    { name: 'x', flag: 'x', body: paxBody({ path: 'a/long/name', size: '3', 'GNU.sparse.major': '1' }) },
    { name: 'short', body: 'abc' },
    { name: '././@LongLink', flag: 'L', body: `${'long/'.repeat(40)}name\0` },
    { name: 'cut', body: 'x' },
  ),
]
const layer = tars[0] ?? Buffer.alloc(0)
const layout = buildImage({ layers: [layer] })
const docker = [
  dockerArchive({ style: 'classic', layers: [layer] }).bytes,
  dockerArchive({ style: 'containers', layers: [layer] }).bytes,
  dockerArchive({ style: 'docker-25', layers: [layer] }).bytes,
]
const oci = tarArchive(...hybridArchive(layout, { config: 'blobs/x', layers: [] }), {
  name: 'oci-layout',
  body: '{"imageLayoutVersion":"1.0.0"}',
})
const tarWords = [
  'ustar\x0000',
  'ustar  \0',
  'manifest.json',
  'index.json',
  'blobs/sha256/',
  '30 path=',
  'GNU.sparse.',
  '././@LongLink',
]

/** Of a mutated archive only what stands before it may be kept: the body's bytes are mostly of no matter. */
export const archiveTargets: readonly FuzzTarget[] = [
  {
    name: 'tar',
    seeds: tars,
    words: tarWords,
    repair: repairTar,
    share: 300,
    async run(bytes) {
      const come = await refusable(() => listed(bytes))
      await refusable(() => inMemory(bytes).index())
      if (come !== undefined) assert.ok(come.every(({ size }) => Number.isSafeInteger(size) && size >= 0))
    },
  },
  {
    name: 'zstd-chunked',
    seeds: tars,
    words: tarWords,
    repair: repairTar,
    share: 60,
    async run(bytes) {
      await refusable(() => drain(compressChunked(inChunks(bytes)).bytes))
    },
  },
  {
    name: 'docker-archive',
    seeds: docker,
    words: tarWords,
    repair: repairTar,
    share: 60,
    async run(bytes) {
      for (const open of Object.values(archiveReaders)) {
        await refusable(async () => resolveArchive(await open(bytes), {}))
        await refusable(async () => resolveArchive(await open(bytes), { name: 'docker.io/library/app:v1' }))
      }
    },
  },
  {
    name: 'docker-archive-manifest',
    seeds: jsonSeeds([{ Config: 'c.json', RepoTags: ['a:b'], Layers: ['l/layer.tar'] }]),
    async run(bytes) {
      const images = await refusable(() => parseArchiveManifest(bytes))
      if (images === undefined) return
      const files = { size: () => 5, document: async () => bytes, layer: async () => undefined }
      await refusable(() => resolveArchive(files, { name: 'docker.io/library/a:b' }))
      await refusable(() => resolveArchive(files, { index: 0 }))
    },
  },
  {
    name: 'oci-archive',
    seeds: [oci],
    words: tarWords,
    repair: repairTar,
    share: 60,
    async run(bytes) {
      const { arriving } = inMemory(bytes)
      await refusable(async () => readLayout(await receiveLayout(arriving(), readLayer)))
    },
  },
  {
    name: 'compressed',
    seeds: [
      gzipSync('some content, some content'),
      zstdCompressSync(Buffer.from('some content, some content')),
      Buffer.concat([zstdCompressSync(Buffer.alloc(70_000)), Buffer.from('502a4d1804000000abcdabcd', 'hex')]),
      Buffer.concat([gzipSync('a'), gzipSync('b')]),
      gzipSync(Buffer.alloc(1_000_000)),
    ],
    words: ['\x1f\x8b\x08', '(\xb5/\xfd'],
    share: 150,
    async run(bytes) {
      sniffCompression(bytes)
      for (const format of ['gzip', 'zstd'] as const) {
        await refusable(() => drain(decompress(inChunks(bytes), format)))
      }
    },
  },
  {
    name: 'sif',
    seeds: [sif()],
    share: 500,
    async run(bytes) {
      const file = inMemory(bytes).file
      const read = await refusable(() => readSif(file))
      if (read === undefined) return
      runCommand(read.definition)
      const { offset, size } = read.fileSystem
      await readAll(file.read(offset, offset + size), bytes.byteLength, 'it')
    },
  },
  {
    name: 'squash-listing',
    share: 120,
    seeds: textSeeds(
      '# c\n/ D 1700000000 755 0 0\nfile R 1700000000 644 0 0 5 0 0\nfile x user.a=0sYWJj\nlink S 1 777 0 0 file\nhard L file\ndev C 1 666 0 0 1 3\nfifo I 1 644 0 0 f\n#\n# START OF DATA - DO NOT MODIFY\n#\nhello',
      'a\\ b\\\n D 1 755 1 1\n#\n# START OF DATA - DO NOT MODIFY\n#\n',
    ),
    words: [' R 1 644 0 0 ', '\\', ' x user.a=0t', ' L ', '# START OF DATA - DO NOT MODIFY\n#\n', '\n'],
    async run(bytes) {
      await refusable(() => drain(squashLayer(inChunks(bytes, 4096), { text: 'x', mtime: 0 })))
    },
  },
]

async function listed(bytes: Uint8Array): Promise<readonly { readonly size: number }[]> {
  const headers = []
  for await (const { header, body } of readTar(inChunks(bytes))) {
    headers.push(header)
    if (header.type === 'file' && headers.length % 2 === 0) await drain(body)
  }
  return headers
}

/** A header, two descriptors and what they name. */
function sif(): Uint8Array {
  const file = Buffer.alloc(128 + 2 * 585 + 40)
  file.write('#!/usr/bin/env run-singularity\n', 0)
  file.write('SIF_MAGIC\x0001\x0002\0', 32, 'latin1')
  file.writeBigInt64LE(1_700_000_000n, 72)
  file.writeBigInt64LE(2n, 88)
  file.writeBigInt64LE(128n, 96)
  const objects = [
    [0x4004, 1, 2],
    [0x4001, 0, 0],
  ] as const
  for (const [at, [type, fileSystem, partition]] of objects.entries()) {
    const start = 128 + at * 585
    file.writeInt32LE(type, start)
    file.writeUInt8(1, start + 4)
    file.writeBigInt64LE(BigInt(128 + 2 * 585 + at * 20), start + 17)
    file.writeBigInt64LE(20n, start + 25)
    file.writeInt32LE(fileSystem, start + 201)
    file.writeInt32LE(partition, start + 205)
  }
  file.write('%runscript\n\techo "$@"\n', 128 + 2 * 585 + 20)
  return file
}
