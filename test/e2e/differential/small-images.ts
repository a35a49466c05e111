import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { digestOf, digestParts } from '../../../src/model/digest.ts'
import {
  dockerConfig,
  dockerLayer,
  dockerLayerGzip,
  dockerManifest,
  dockerManifestList,
  ociConfig,
  ociIndex,
  ociLayer,
  ociLayerGzip,
  ociLayerZstd,
  ociManifest,
} from '../../../src/model/media-types.ts'
import { type RawEntry, tarArchive } from '../../../src/testing/tar-blocks.ts'
import { fixtures, newFolder } from '../lading.ts'

type Packing = 'none' | 'gzip' | 'zstd'
type Family = 'oci' | 'docker'

interface LayerRecipe {
  readonly entries: readonly RawEntry[]
  readonly packing: Packing
  readonly rest?: Readonly<Record<string, unknown>>
}

interface ImageRecipe {
  readonly family: Family
  readonly layers: readonly LayerRecipe[]
  readonly architecture?: string
  readonly manifest?: Readonly<Record<string, unknown>>
}

interface Built {
  readonly manifest: Uint8Array
  readonly blobs: readonly Uint8Array[]
  readonly platform: { readonly os: string; readonly architecture: string }
}

const types = {
  oci: { manifest: ociManifest, index: ociIndex, config: ociConfig },
  docker: { manifest: dockerManifest, index: dockerManifestList, config: dockerConfig },
}
const layerTypes: Readonly<Record<Family, Readonly<Record<Packing, string>>>> = {
  oci: { none: ociLayer, gzip: ociLayerGzip, zstd: ociLayerZstd },
  docker: { none: dockerLayer, gzip: dockerLayerGzip, zstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd' },
}
const pack: Readonly<Record<Packing, (bytes: Uint8Array) => Uint8Array>> = {
  none: bytes => bytes,
  gzip: bytes => gzipSync(bytes),
  zstd: bytes => zstdCompressSync(bytes),
}

const base: readonly RawEntry[] = [
  { name: 'etc/', flag: '5', at: { 100: '0000755\0' } },
  { name: 'etc/name', body: 'one\n', at: { 136: '14371573620\0' } },
  { name: 'etc/same', flag: '1', link: 'etc/name' },
  { name: 'etc/link', flag: '2', link: 'name' },
  { name: 'var/', flag: '5', at: { 100: '0001777\0' } },
  { name: 'var/words', body: 'words and words '.repeat(3000), at: { 108: '0001750\0' } },
]
const above: readonly RawEntry[] = [
  { name: 'etc/', flag: '5', at: { 100: '0000755\0' } },
  { name: 'etc/.wh.name', body: '' },
  { name: 'var/', flag: '5' },
  { name: 'var/.wh..wh..opq', body: '' },
  { name: 'var/new', body: 'new' },
]
const steps = [
  { created: '2021-02-03T04:05:06Z', created_by: 'ADD one' },
  { created: '2021-02-03T04:05:07Z', created_by: 'ENV A=1', empty_layer: true },
  { created: '2021-02-03T04:05:08Z', created_by: 'RUN <two>' },
]
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

function build({ family, layers, architecture = 'amd64', manifest: rest }: ImageRecipe): Built {
  const tars = layers.map(({ entries }) => tarArchive(...entries))
  const packed = layers.map(({ packing }, at) => pack[packing](tars[at] ?? new Uint8Array()))
  const platform = { os: 'linux', architecture }
  const extra = layers.slice(2).map((_, at) => ({ created: '2021-02-03T04:05:09Z', created_by: `RUN ${at}` }))
  const config = encode({
    ...platform,
    created: '2021-02-03T04:05:08Z',
    config: { Env: ['A=1'], Cmd: ['/bin/sh'], Labels: { b: '1', a: '<' } },
    history: layers.length === 1 ? steps.slice(0, 2) : [...steps, ...extra],
    rootfs: { type: 'layers', diff_ids: tars.map(tar => digestOf(tar)) },
    ...(family === 'docker' ? { docker_version: '20.10.1', container_config: { Hostname: 'h' } } : {}),
  })
  const describe = (mediaType: string, bytes: Uint8Array) => ({
    mediaType,
    size: bytes.byteLength,
    digest: digestOf(bytes),
  })
  const manifest = encode({
    schemaVersion: 2,
    mediaType: types[family].manifest,
    config: describe(types[family].config, config),
    layers: layers.map(({ packing, rest: more }, at) => ({
      ...describe(layerTypes[family][packing], packed[at] ?? new Uint8Array()),
      ...more,
    })),
    ...rest,
  })
  return { manifest, blobs: [config, ...packed], platform }
}

const layers = (packing: Packing): LayerRecipe[] => [base, above].map(entries => ({ entries, packing }))
const arm = [...above, { name: 'arm', body: 'arm64' }]
const twoPlatforms = (family: Family) =>
  [
    { family, layers: layers('gzip') },
    { family, architecture: 'arm64', layers: [...layers('gzip').slice(0, 1), { entries: arm, packing: 'gzip' }] },
  ] satisfies ImageRecipe[]
const annotations = { 'org.opencontainers.image.title': 'small', 'com.example': '<é>' }

const recipes = {
  docker: [{ family: 'docker', layers: layers('gzip') }],
  oci: [{ family: 'oci', layers: layers('gzip') }],
  'oci with annotations': [
    {
      family: 'oci',
      layers: [
        { entries: base, packing: 'gzip', rest: { annotations: { 'com.example.layer': '0' } } },
        { entries: above, packing: 'gzip' },
      ],
      manifest: { annotations },
    },
  ],
  'oci in zstd': [{ family: 'oci', layers: layers('zstd') }],
  'oci uncompressed': [{ family: 'oci', layers: layers('none') }],
  'docker uncompressed': [{ family: 'docker', layers: layers('none') }],
  'oci mixed': [
    {
      family: 'oci',
      layers: [
        { entries: base, packing: 'zstd' },
        { entries: above, packing: 'none' },
        { entries: arm, packing: 'gzip' },
      ],
    },
  ],
  'docker with a layer twice': [
    { family: 'docker', layers: [...layers('gzip'), { entries: base, packing: 'gzip' as const }] },
  ],
  'oci index': twoPlatforms('oci'),
  'docker list': twoPlatforms('docker'),
} as const satisfies Readonly<Record<string, readonly ImageRecipe[]>>

/** Those that skopeo makes of others, and how. */
export const derivedImages = {
  'docker in schema 1': ['docker', '--format', 'v2s1'],
  'oci in zstd:chunked': ['oci', '--dest-compress', '--dest-compress-format', 'zstd:chunked'],
} as const

/** Real ones, which are large: for a few cases. */
export const realImages = {
  'of fifty layers': `oci:${fixtures}/oci/many-layers`,
  'for nine platforms': `oci:${fixtures}/oci/hello-world-docker-v2-manifest-list`,
  'of an eStargz layer': `oci-archive:${fixtures}/archives/test-oci-estargz-image.tar`,
} as const

type RecipeName = keyof typeof recipes
export type SmallImage = RecipeName | keyof typeof derivedImages
export type CaseImage = SmallImage | keyof typeof realImages
export const smallImages = [...Object.keys(recipes), ...Object.keys(derivedImages)] as SmallImage[]

/** Writes one of the images that the matrix is made of as what skopeo reads as `dir:`, and says where. */
export async function writeSmallImage(name: RecipeName): Promise<string> {
  const images = recipes[name].map(build)
  const folder = path.join(await newFolder(), 'image')
  await mkdir(folder)
  const write = (file: string, bytes: Uint8Array | string) => writeFile(path.join(folder, file), bytes)
  await write('version', 'Directory Transport Version: 1.1\n')
  for (const blob of images.flatMap(({ blobs }) => blobs)) await write(digestParts(digestOf(blob)).hex, blob)
  const [only, ...others] = images
  if (only !== undefined && others.length === 0) {
    await write('manifest.json', only.manifest)
    return folder
  }
  const { family } = recipes[name][0]
  const manifests = images.map(({ manifest, platform }) => ({
    mediaType: types[family].manifest,
    size: manifest.byteLength,
    digest: digestOf(manifest),
    platform,
  }))
  for (const { manifest } of images) {
    await write(`${digestParts(digestOf(manifest)).hex}.manifest.json`, manifest)
  }
  await write('manifest.json', encode({ schemaVersion: 2, mediaType: types[family].index, manifests }))
  return folder
}
