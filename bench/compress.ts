// How fast layers are compressed and uncompressed, beside Node's own streams and the programs that are at hand: `npm run bench:compress [FILE]`
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type Duplex, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib'
import { compress, decompress } from '../src/streams/index.ts'

const file = process.argv[2] ?? process.execPath
const content = readFileSync(file).subarray(0, 64 * 1024 * 1024)

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

type Way = (bytes: Uint8Array) => AsyncIterable<Uint8Array>

function through(transform: () => Duplex): Way {
  return bytes => Readable.from(chunks(bytes)).pipe(transform())
}

/** Of the programs, those that are installed. */
function program(name: string, ...args: string[]): Record<string, Way> {
  if (spawnSync(name, ['--version'], { stdio: 'ignore' }).error !== undefined) return {}
  return {
    [[name, ...args].join(' ')]: bytes => {
      const child = spawn(name, args, { stdio: ['pipe', 'pipe', 'inherit'] })
      Readable.from(chunks(bytes)).pipe(child.stdin)
      return child.stdout
    },
  }
}

const groups: Readonly<Record<string, { input: Uint8Array; ways: Record<string, Way> }>> = {
  gzip: {
    input: content,
    ways: {
      'node:zlib': through(() => createGzip()),
      lading: bytes => compress(chunks(bytes), 'gzip'),
      'lading, level 6': bytes => compress(chunks(bytes), 'gzip', { level: 6 }),
      ...program('gzip', '-6c'),
      ...program('pigz', '-6c'),
    },
  },
  'zstd, level 3': {
    input: content,
    ways: {
      'node:zlib': through(() => createZstdCompress()),
      lading: bytes => compress(chunks(bytes), 'zstd'),
      ...program('zstd', '-3cq', '-T0'),
    },
  },
  gunzip: {
    input: await buffer(compress(chunks(content), 'gzip')),
    ways: {
      'node:zlib': through(() => createGunzip()),
      lading: bytes => decompress(chunks(bytes), 'gzip'),
      ...program('gzip', '-dc'),
    },
  },
  'unzstd, frames of 1 MiB': {
    input: await buffer(compress(chunks(content), 'zstd')),
    ways: { lading: bytes => decompress(chunks(bytes), 'zstd'), ...program('zstd', '-dcq') },
  },
  'unzstd, one frame': {
    input: await buffer(Readable.from(chunks(content)).pipe(createZstdCompress())),
    ways: {
      'node:zlib': through(() => createZstdDecompress()),
      lading: bytes => decompress(chunks(bytes), 'zstd'),
      ...program('zstd', '-dcq'),
    },
  },
}

console.log(`${(content.byteLength / 2 ** 20).toFixed(0)} MiB of ${file}`)
for (const [title, { input, ways }] of Object.entries(groups)) {
  console.log(`\n${title}`)
  let first: number | undefined
  for (const [name, way] of Object.entries(ways)) {
    let best = Number.POSITIVE_INFINITY
    let size = 0
    for (let run = 0; run < 3; run++) {
      const started = performance.now()
      size = 0
      for await (const chunk of way(input)) size += chunk.byteLength
      best = Math.min(best, performance.now() - started)
    }
    first ??= best
    const rate = `${(content.byteLength / 1000 / best).toFixed(0)} MB/s`
    const share = `${((100 * Math.min(size, input.byteLength)) / content.byteLength).toFixed(1)} %`
    console.log(
      `${name.padEnd(16)}${rate.padStart(10)}${`${(first / best).toFixed(2)}×`.padStart(8)}${share.padStart(9)}`,
    )
  }
}
