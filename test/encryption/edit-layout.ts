import { readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Descriptor } from '../../src/model/descriptor.ts'
import { type Digest, digestOf } from '../../src/model/digest.ts'
import { ociManifest } from '../../src/model/media-types.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'

/** What somebody who can write anything makes of a layer: every digest is made right again. */
export interface EditedLayer {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/** Writes the one image of a layout again, with other layers. */
export async function editLayout(
  folder: string,
  edit: (layers: readonly EditedLayer[]) => readonly EditedLayer[] | Promise<readonly EditedLayer[]>,
): Promise<void> {
  const blobFolder = path.join(folder, 'blobs/sha256')
  const blobs = new Map<Digest, Uint8Array>()
  for (const hex of await readdir(blobFolder)) blobs.set(`sha256:${hex}`, await readFile(path.join(blobFolder, hex)))
  const of = (digest: Digest) => blobs.get(digest) ?? Buffer.alloc(0)
  const index = JSON.parse(await readFile(path.join(folder, 'index.json'), 'utf8'))
  const manifest = JSON.parse(Buffer.from(of(index.manifests[0].digest)).toString())
  const layers = await edit(
    manifest.layers.map((descriptor: Descriptor) => ({ descriptor, bytes: of(descriptor.digest) })),
  )
  const named = layers.map(({ descriptor, bytes }) => {
    const digest = digestOf(bytes)
    blobs.set(digest, bytes)
    return { ...descriptor, digest, size: bytes.byteLength }
  })
  const bytes = Buffer.from(JSON.stringify({ ...manifest, layers: named }))
  const digest = digestOf(bytes)
  blobs.set(digest, bytes)
  await rm(folder, { recursive: true })
  const root = { kind: 'manifest', mediaType: ociManifest, digest, size: bytes.byteLength } as const
  await writeLayout(folder, { v1: { root, blobs } })
}
