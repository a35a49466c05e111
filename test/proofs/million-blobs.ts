import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createHttpClient } from '../../src/http/index.ts'
import { blobKey, tagKeys } from '../../src/layout/index.ts'
import { type Digest, digestOf, digestParts } from '../../src/model/digest.ts'
import { ociConfig, ociLayer, ociManifest } from '../../src/model/media-types.ts'
import type { ObjectStore } from '../../src/stores/index.ts'
import { TestBucket } from '../cleaning/test-bucket.ts'
import { lading } from '../e2e/lading.ts'
import { startCeph } from '../services/start-ceph.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { environmentOf, openS3, sdkClient } from '../stores/s3-place.ts'
import { print } from './print.ts'

/**
 * What the commands that look at a whole bucket take of time and memory: half of the blobs are needed by 1000 tags, and half by nothing.
 * `node million-blobs.ts [local|memory|ceph] [BLOBS]`
 */
const [, , place = 'local', count = place === 'ceph' ? '100000' : '1000000'] = process.argv
const blobs = Number(count)
const tags = 1000
const layersEach = Math.floor(blobs / 2 / tags)
const content = new Uint8Array([0])
const mib = 1024 * 1024

/** Nobody looks into a blob, and every one is the same byte: its digest is only a name. */
function nthDigest(at: number): Digest {
  const spread = Math.floor((at * 2 ** 32) / blobs)
  return `sha256:${spread.toString(16).padStart(8, '0')}${digestOf(new TextEncoder().encode(String(at))).slice(15)}`
}

/** Every second blob belongs to some tag. */
function nthRoot(tag: number): Uint8Array {
  const layers = Array.from({ length: layersEach }, (_, at) => ({
    mediaType: ociLayer,
    digest: nthDigest(2 * (tag * layersEach + at)),
    size: 1,
  }))
  const [config, ...rest] = layers
  const manifest = {
    schemaVersion: 2,
    mediaType: ociManifest,
    config: { ...config, mediaType: ociConfig },
    layers: rest,
  }
  return new TextEncoder().encode(JSON.stringify(manifest))
}

const tagKeyOf = (tag: number) => tagKeys(`team/app${tag % 50}`, `v${tag}`).manifest

async function fill(store: ObjectStore): Promise<void> {
  for (let at = 0; at < blobs; at += 64) {
    const some = Array.from({ length: Math.min(64, blobs - at) }, (_, by) => blobKey(nthDigest(at + by)))
    await Promise.all(some.map(key => store.put(key, content)))
  }
  for (let tag = 0; tag < tags; tag++) await store.put(tagKeyOf(tag), nthRoot(tag))
}

async function fillFolder(root: string): Promise<void> {
  await mkdir(path.join(root, 'blobs/sha256'), { recursive: true })
  for (let at = 0; at < blobs; at += 64) {
    const some = Array.from({ length: Math.min(64, blobs - at) }, (_, by) => digestParts(nthDigest(at + by)).hex)
    await Promise.all(some.map(hex => writeFile(path.join(root, 'blobs/sha256', hex), content)))
  }
  for (let tag = 0; tag < tags; tag++) {
    await mkdir(path.join(root, path.dirname(tagKeyOf(tag))), { recursive: true })
    await writeFile(path.join(root, tagKeyOf(tag)), nthRoot(tag))
  }
}

/** As it is installed: a checkout runs its sources, and what makes JavaScript of them takes memory of its own. */
async function builtProgram(): Promise<string> {
  const root = path.join(import.meta.dirname, '../..')
  const folder = await mkdtemp(path.join(temporaryFolder(), 'built-'))
  for (const part of ['dist', 'package.json', 'node_modules']) {
    await symlink(path.join(root, part), path.join(folder, part))
  }
  await cp(path.join(root, 'bin'), path.join(folder, 'bin'), { recursive: true })
  return path.join(folder, 'bin/lading.js')
}

async function measure(locator: string, env: Readonly<Record<string, string>>): Promise<void> {
  const program = await builtProgram()
  for (const words of [
    ['list', locator],
    ['stats', locator],
    ['doctor', locator],
    ['clean', locator, '--grace', '0'],
    ['clean', locator, '--grace', '0', '--confirm'],
    ['clean', locator, '--grace', '0', '--confirm', '--keep-trash', '0'],
    ['clean', locator, '--grace', '0'],
  ]) {
    const started = performance.now()
    const run = await lading(words, { env, program })
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    print(
      `${words.filter(word => word !== locator).join(' ')}: exit ${run.code}, ${seconds} s, ${mebi(run.peakBytes)} MiB at most`,
    )
    const told = run.stdout.split('\n').filter(line => /^(?:Blobs|Tags)|^ {8}\d/.test(line))
    for (const line of told) print(`  ${line}`)
    if (run.code !== 0) print(`  ${run.stderr.trim()}`)
    if (run.peakBytes > 200_000_000) process.exitCode = 1
  }
}

const mebi = (bytes: number) => (bytes / mib).toFixed(0)

if (place === 'local') {
  const folder = await mkdtemp(path.join(temporaryFolder(), 'million-'))
  await fillFolder(path.join(folder, 'bucket'))
  await measure(`local://${folder}/bucket//`, {})
  await rm(folder, { recursive: true, force: true })
} else if (place === 'ceph') {
  await using ceph = await startCeph()
  await using http = createHttpClient()
  await sdkClient(ceph).createBucket({ Bucket: 'million' })
  const cache = await mkdtemp(path.join(temporaryFolder(), 'cache-'))
  await fill((await openS3(ceph, { root: 'million', http, cache })).store)
  const env = Object.entries(environmentOf(ceph, cache)).flatMap(([name, value]) => (value ? [[name, value]] : []))
  await measure('s3://million/', Object.fromEntries(env))
} else {
  // The store is in this process: what counts is how much more the clean takes.
  const bucket = new TestBucket()
  await fill(bucket.store)
  bucket.now += 24 * 3_600_000
  global.gc?.()
  const before = process.memoryUsage.rss()
  let peak = before
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 20)
  const started = performance.now()
  const { blobs: cleaned } = await bucket.clean()
  clearInterval(watch)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  print(
    `memory: ${cleaned?.removed.count} of ${cleaned?.stored.count} blobs deleted in ${seconds} s, ${mebi(peak - before)} MiB more than the store itself`,
  )
}
