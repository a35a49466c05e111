import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Descriptor } from '../../src/model/descriptor.ts'
import { type Digest, digestOf, digestParts } from '../../src/model/digest.ts'
import { ociConfig, ociLayerGzip, ociManifest } from '../../src/model/media-types.ts'
import { newFolder } from '../e2e/lading.ts'

export interface FolderImage {
  /** What skopeo reads as `dir:`. */
  readonly folder: string
  readonly manifest: Uint8Array
  readonly config: Uint8Array
  readonly layers: readonly (Descriptor & { readonly diffId: Digest })[]
}

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** Writes an OCI image of layers that are compressed with gzip. `config` is the rest of its config, or its whole text. */
export async function writeImage(layers: readonly string[], config: object | string): Promise<FolderImage> {
  const tars = layers.map(layer => new TextEncoder().encode(layer))
  const packed = tars.map(tar => gzipSync(tar))
  const rootfs = { type: 'layers', diff_ids: tars.map(tar => digestOf(tar)) }
  const configBytes = typeof config === 'string' ? new TextEncoder().encode(config) : encode({ rootfs, ...config })
  const descriptor = (mediaType: string, bytes: Uint8Array) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.byteLength,
  })
  const descriptors = packed.map(bytes => descriptor(ociLayerGzip, bytes))
  const manifest = encode({
    schemaVersion: 2,
    mediaType: ociManifest,
    config: descriptor(ociConfig, configBytes),
    layers: descriptors,
  })
  return {
    folder: await writeFolder(manifest, [configBytes, ...packed]),
    manifest,
    config: configBytes,
    layers: descriptors.map((layer, position) => ({
      ...layer,
      diffId: digestOf(tars[position] ?? new Uint8Array()),
    })),
  }
}

/** Writes a folder that skopeo reads as `dir:`. */
export async function writeFolder(manifest: Uint8Array, blobs: readonly Uint8Array[]): Promise<string> {
  const folder = path.join(await newFolder(), 'image')
  await mkdir(folder)
  await writeFile(path.join(folder, 'version'), 'Directory Transport Version: 1.1\n')
  await writeFile(path.join(folder, 'manifest.json'), manifest)
  for (const blob of blobs) await writeFile(path.join(folder, digestParts(digestOf(blob)).hex), blob)
  return folder
}

export function readManifest(folder: string): Promise<Uint8Array> {
  return readFile(path.join(folder, 'manifest.json'))
}

export function readBlob(folder: string, digest: Digest): Promise<Uint8Array> {
  return readFile(path.join(folder, digestParts(digest).hex))
}
