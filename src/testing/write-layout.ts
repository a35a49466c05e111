import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { digestParts } from '../model/digest.ts'
import type { BuiltImage } from './build-image.ts'

/** Writes images as an OCI layout, by name, with nothing of lading but the digests: what is wrong in it stays wrong. */
export async function writeLayout(folder: string, images: Readonly<Record<string, BuiltImage>>): Promise<void> {
  await mkdir(folder, { recursive: true })
  const manifests = []
  for (const [name, { root, blobs }] of Object.entries(images)) {
    const { mediaType, digest, size } = root
    manifests.push({ mediaType, digest, size, annotations: { 'org.opencontainers.image.ref.name': name } })
    for (const [blob, bytes] of blobs) {
      const { algorithm, hex } = digestParts(blob)
      await mkdir(path.join(folder, 'blobs', algorithm), { recursive: true })
      await writeFile(path.join(folder, 'blobs', algorithm, hex), bytes)
    }
  }
  await writeFile(path.join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await writeFile(path.join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
}
