import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { type Digest, digestOf, digestParts, parseDigest } from '../../../src/model/digest.ts'
import { acceptedManifestTypes, dockerSchema1, dockerSchema1Signed } from '../../../src/model/media-types.ts'
import { schema1Digest } from '../../../src/model/schema1-signature.ts'
import { newFolder } from '../lading.ts'
import type { Place, PlaceKind } from './place.ts'

/** What a program left in a place, read with nothing of what is tested. */
export interface Stored {
  /** Paths below the place, where it is files. */
  readonly files: readonly string[]
  /** What stands beside the image: the format's version, the names. */
  readonly around: Readonly<Record<string, unknown>>
  readonly root: { readonly mediaType?: string | undefined; readonly digest: Digest; readonly bytes: Uint8Array }
  manifest(digest: Digest): Promise<Uint8Array>
  blob(digest: Digest): Promise<Uint8Array>
}

type Reader = (place: Place) => Promise<Stored>

const run = promisify(execFile)
const readJson = async (file: string) => JSON.parse(await readFile(file, 'utf8'))

export const readStored: Readonly<Record<PlaceKind, Reader>> = {
  async dir({ path: folder }) {
    const bytes = await readFile(path.join(folder, 'manifest.json'))
    const text = bytes.toString()
    const digest = text.includes('"signatures"') ? schema1Digest(bytes) : digestOf(bytes)
    return {
      files: (await readdir(folder)).sort(),
      around: { version: await readFile(path.join(folder, 'version'), 'utf8') },
      root: { digest, bytes },
      manifest: one => verified(one, path.join(folder, `${digestParts(one).hex}.manifest.json`)),
      blob: one => verified(one, path.join(folder, digestParts(one).hex)),
    }
  },

  oci: ({ path: folder }) => readLayout(folder),

  async 'oci-archive'({ path: file }) {
    return readLayout(await unpacked(file))
  },

  async 'docker-archive'({ path: file }) {
    const folder = await unpacked(file)
    const [image] = await readJson(path.join(folder, 'manifest.json'))
    const layers = await Promise.all(image.Layers.map((name: string) => readFile(path.join(folder, name))))
    const config = await readFile(path.join(folder, image.Config))
    const blobs = new Map([config, ...layers].map(bytes => [digestOf(bytes), bytes]))
    // the archive has no manifest: this one says what it holds
    const bytes = Buffer.from(
      JSON.stringify({
        config: { digest: digestOf(config) },
        layers: layers.map(layer => ({ digest: digestOf(layer) })),
      }),
    )
    return {
      files: (await readdir(folder, { recursive: true })).sort(),
      around: {
        manifest: image,
        repositories: await readJson(path.join(folder, 'repositories')).catch(() => undefined),
      },
      root: { digest: digestOf(bytes), bytes },
      manifest: async () => bytes,
      blob: async one => blobs.get(one) ?? Promise.reject(new Error(`no ${one}`)),
    }
  },

  async docker({ repository, tag }) {
    const get = async (what: string) => {
      const accept = [...acceptedManifestTypes, dockerSchema1Signed, dockerSchema1].join(', ')
      const answer = await fetch(`${repository}/${what}`, { headers: { accept } })
      if (!answer.ok) throw new Error(`${answer.status} for ${what}`)
      return { answer, bytes: Buffer.from(await answer.arrayBuffer()) }
    }
    const { answer, bytes } = await get(`manifests/${tag}`)
    return {
      files: [],
      around: {},
      root: {
        mediaType: answer.headers.get('content-type') ?? undefined,
        digest: parseDigest(answer.headers.get('docker-content-digest') ?? ''),
        bytes,
      },
      manifest: async one => (await get(`manifests/${one}`)).bytes,
      blob: async one => (await get(`blobs/${one}`)).bytes,
    }
  },
}

async function readLayout(folder: string): Promise<Stored> {
  const index = await readJson(path.join(folder, 'index.json'))
  const blob = (one: Digest) => verified(one, path.join(folder, 'blobs/sha256', digestParts(one).hex))
  const [entry] = index.manifests
  return {
    files: (await readdir(folder, { recursive: true })).sort(),
    around: { index, layout: await readJson(path.join(folder, 'oci-layout')) },
    root: { mediaType: entry.mediaType, digest: entry.digest, bytes: await blob(entry.digest) },
    manifest: blob,
    blob,
  }
}

async function unpacked(file: string): Promise<string> {
  const folder = await newFolder()
  await run('tar', ['-xf', file, '-C', folder])
  return folder
}

async function verified(digest: Digest, file: string): Promise<Uint8Array> {
  const bytes = await readFile(file)
  if (digestOf(bytes) !== digest) throw new Error(`${file} has other bytes than its name says`)
  return bytes
}
