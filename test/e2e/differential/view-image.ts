import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Digest, digestOf } from '../../../src/model/digest.ts'
import { decompressed, readAll } from '../../../src/streams/index.ts'
import { newFolder } from '../lading.ts'
import type { Stored } from './read-stored.ts'

interface ManifestJson {
  readonly config?: { readonly digest: Digest }
  readonly layers?: readonly { readonly digest: Digest }[]
  readonly fsLayers?: readonly { readonly blobSum: Digest }[]
  readonly history?: readonly { readonly v1Compatibility: string }[]
  readonly manifests?: readonly { readonly digest: Digest }[]
}

/** An image as it is compared: plain values, digests that only one program can know replaced by what they are of. */
export interface ImageView {
  readonly digest: Digest
  readonly value: Readonly<Record<string, unknown>>
  /** Layers whose bytes the source has not. */
  readonly made: boolean
}

const hexDigest = /(sha256:)?\b[0-9a-f]{64}\b/g

/**
 * Looks at all that is stored, and reads every blob.
 *
 * `known` are the digests of the source's layers: those are compared, others were made by a program's own compressor.
 */
export async function viewImage(stored: Stored, known: ReadonlySet<string>): Promise<ImageView> {
  const labels = new Map<string, string>()
  const label = (digest: string, name: string) => {
    if (!labels.has(hexOf(digest))) labels.set(hexOf(digest), name)
  }
  const ids: string[] = []
  let made = false

  async function viewManifest(bytes: Uint8Array, name: string): Promise<unknown> {
    const { signatures, ...manifest } = JSON.parse(Buffer.from(bytes).toString())
    const { config, layers, fsLayers = [], history, manifests = [] } = manifest as ManifestJson
    const digests = layers?.map(({ digest }) => digest) ?? fsLayers.map(({ blobSum }) => blobSum).toReversed()
    const contents = []
    for (const [at, digest] of digests.entries()) {
      if (!known.has(digest)) {
        made = true
        label(digest, `<${name}: layer ${at}, made>`)
      }
      contents.push(await contentOf(digest, stored))
    }
    for (const [at, { digest }] of manifests.entries()) label(digest, `<image ${at}>`)
    const steps = Array.isArray(history) ? history.map(({ v1Compatibility }) => JSON.parse(v1Compatibility)) : undefined
    ids.push(...(steps ?? []).map(({ id }) => id))
    if (config !== undefined) label(config.digest, `<${name}: config>`)
    return {
      manifest: { ...manifest, ...(steps === undefined ? {} : { history: steps.length }) },
      signed: signatures?.length,
      layers: contents,
      config: config && readConfig(await stored.blob(config.digest)),
      steps,
      images: await Promise.all(
        manifests.map(async ({ digest }, at) => viewManifest(await stored.manifest(digest), `image ${at}`)),
      ),
    }
  }

  label(stored.root.digest, '<root>')
  const root = await viewManifest(stored.root.bytes, 'root')
  // schema 1 makes the names of its steps of the layers' digests
  if (made) for (const [at, id] of ids.entries()) label(id, `<step ${at}>`)
  const { mediaType, digest } = stored.root
  const { files, around } = stored
  const value = {
    mediaType,
    root: withLabels(root, labels),
    around: withLabels(around, labels),
    files: Object.fromEntries(files.map(file => [file.replace(hexDigest, one => labels.get(hexOf(one)) ?? one), true])),
  }
  return { digest, value, made }
}

/** Digests replaced by their labels, and the size beside one left out. */
function withLabels(value: unknown, labels: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return value.replace(hexDigest, one => labels.get(hexOf(one)) ?? one)
  if (Array.isArray(value)) return value.map(one => withLabels(one, labels))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, one]) => [key, withLabels(one, labels)] as const)
  const isLabelled = entries.some(([key, one]) => key === 'digest' && typeof one === 'string' && one.startsWith('<'))
  return Object.fromEntries(
    entries
      .filter(([key]) => !(isLabelled && key === 'size'))
      .map(([key, one]) => [
        key,
        /zstd-chunked\.(manifest-checksum|manifest-position|tarsplit)/.test(key) ? '<made>' : one,
      ]),
  )
}

const contents = new Map<Digest, object>()

/** What is in a layer: the digest of its tar archive, and how the system's tar lists it. */
async function contentOf(digest: Digest, stored: Stored): Promise<object> {
  const found = contents.get(digest)
  if (found !== undefined) return found
  const bytes = await stored.blob(digest)
  const stream = (async function* () {
    yield bytes
  })()
  const tar = await readAll(decompressed(stream), 1 << 28, 'a layer')
  const content = { diffId: digestOf(tar), tree: await listing(tar) }
  contents.set(digest, content)
  return content
}

const listings = new Map<Digest, readonly string[]>()

async function listing(tar: Uint8Array): Promise<readonly string[]> {
  const digest = digestOf(tar)
  const found = listings.get(digest)
  if (found !== undefined) return found
  const file = path.join(await newFolder(), 'layer.tar')
  writeFileSync(file, tar)
  const lines = execFileSync('tar', ['--list', '--verbose', '--full-time', '--numeric-owner', '-f', file], {
    env: { PATH: process.env.PATH, TZ: 'UTC' },
  })
  const tree = lines.toString().trim().split('\n')
  listings.set(digest, tree)
  return tree
}

function readConfig(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return Buffer.from(bytes).toString()
  }
}

function hexOf(digest: string): string {
  return digest.replace('sha256:', '')
}
