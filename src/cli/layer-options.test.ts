import { expect, test } from 'vitest'
import { copied } from '../../test/cli/images.ts'
import { runLading } from '../../test/cli/run-lading.ts'
import type { CopyOptions } from '../copy/index.ts'

async function run(destination: string, ...words: string[]) {
  const calls: CopyOptions[] = []
  const library = {
    copyImage: async (_: string, __: string, options: CopyOptions = {}) => {
      calls.push(options)
      return copied
    },
  }
  const result = await runLading(['copy', ...words, 'docker-archive:a.tar', destination], { library })
  const { compression, recompress, compressionLevel, precomputeDigests } = calls[0] ?? {}
  return { ...result, layers: { compression, recompress, compressionLevel, precomputeDigests } }
}

test.each<[string, string[], Partial<CopyOptions>]>([
  ['dir:d', ['--dest-compress'], { compression: 'gzip', recompress: 'uncompressed' }],
  ['dir:d', ['--dest-decompress'], { compression: 'none', recompress: 'all' }],
  ['dir:d', ['--dest-compress-format=zstd:chunked'], { compression: 'zstd:chunked', recompress: 'all' }],
  ['dir:d', ['--dest-compress', '--dest-compress-format', 'zstd'], { compression: 'zstd', recompress: 'uncompressed' }],
  [
    'dir:d',
    ['--dest-compress', '--dest-force-compress-format', '--dest-compress-format=zstd', '--dest-compress-level=20'],
    { compression: 'zstd', recompress: 'all', compressionLevel: 20 },
  ],
  ['oci:d:v1', ['--dest-oci-accept-uncompressed-layers'], { compression: 'none' }],
  ['oci-archive:d:v1', ['--dest-oci-accept-uncompressed-layers'], { compression: 'none' }],
  ['dir:d', ['--dest-oci-accept-uncompressed-layers', '--dest-precompute-digests'], { precomputeDigests: true }],
])('to %s with %j', async (destination, words, expected) => {
  expect((await run(destination, ...words)).layers).toEqual(expected)
})

test.each([
  [['--dest-decompress', '--dest-compress'], 'cannot be given together'],
  [['--dest-decompress', '--dest-compress-format=gzip'], 'cannot be given together'],
  [['--dest-force-compress-format'], 'needs --dest-compress-format'],
  [['--dest-compress-format=lz4'], 'takes one of gzip, zstd, zstd:chunked, not "lz4"'],
  [['--dest-compress-level=high'], 'takes a whole number, not "high"'],
])('%j is refused', async (words, message) => {
  expect(await run('dir:d', ...words)).toMatchObject({ exit: 64, stderr: expect.stringContaining(message) })
})
