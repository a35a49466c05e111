import { generateKeyPairSync } from 'node:crypto'
import { open, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { createDigester, digestOf, digestParts } from '../../src/model/digest.ts'
import { ociConfig, ociLayer } from '../../src/model/media-types.ts'
import { buildImage } from '../../src/testing/build-image.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { lading, newFolder } from '../e2e/lading.ts'
import { print } from './print.ts'

// A layer of 1 GiB is encrypted and decrypted between places on disk: `npm run proof:encrypt`. It prints how fast that went, beside a copy
// that changes nothing, and the memory that it took.
const { values } = parseArgs({ options: { mib: { type: 'string', default: '1024' } } })
const mebibyte = 1024 ** 2
const size = Number(values.mib) * mebibyte
const memoryLimitBytes = 250 * mebibyte

const folder = await newFolder()
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
await writeFile(path.join(folder, 'public.key'), publicKey.export({ type: 'spki', format: 'pem' }))
await writeFile(path.join(folder, 'private.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }))

const digester = createDigester()
for (let at = 0; at < size; at += mebibyte) digester.update(new Uint8Array(mebibyte))
const digest = digester.digest()
const config = Buffer.from(JSON.stringify({ rootfs: { type: 'layers', diff_ids: [digest] } }))
const named = digestOf(config)
const manifest = {
  config: { mediaType: ociConfig, digest: named, size: config.byteLength },
  layers: [{ mediaType: ociLayer, digest, size }],
}
const { root, blobs } = buildImage({ manifest })
await writeLayout(path.join(folder, 'plain'), { v1: { root, blobs: new Map([...blobs, [named, config]]) } })
await using file = await open(path.join(folder, 'plain/blobs/sha256', digestParts(digest).hex), 'w')
await file.truncate(size)

const results = []
for (const [name, from, to, words] of [
  ['copied', 'plain', 'copied', ['--dest-shared-blob-dir', path.join(folder, 'blobs')]],
  ['encrypted', 'plain', 'encrypted', ['--encryption-key', `jwe:${folder}/public.key`]],
  ['decrypted', 'encrypted', 'decrypted', ['--decryption-key', `${folder}/private.key`]],
] as const) {
  const started = performance.now()
  const run = await lading(['copy', ...words, `oci:${folder}/${from}:v1`, `oci:${folder}/${to}:v1`])
  const seconds = (performance.now() - started) / 1000
  if (run.code !== 0) throw new Error(`${name} failed: ${run.stderr}`)
  const speed = Math.round(size / mebibyte / seconds)
  print(`${name}: ${speed} MiB/s, memory at most ${Math.round(run.peakBytes / mebibyte)} MiB`)
  results.push(run.peakBytes <= memoryLimitBytes)
}
process.exitCode = results.every(Boolean) ? 0 : 1
