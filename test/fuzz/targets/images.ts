import assert from 'node:assert/strict'
import { runTemplate } from '../../../src/cli/dialects/go-template/run-template.ts'
import { configFields } from '../../../src/cli/dialects/skopeo/inspect-fields.ts'
import type { Descriptor } from '../../../src/model/descriptor.ts'
import { type Digest, digestOf } from '../../../src/model/digest.ts'
import { parseImageConfig } from '../../../src/model/image-config.ts'
import { childrenOf, detectMediaType, type Manifest, parseManifest } from '../../../src/model/manifest.ts'
import { manifestDigest } from '../../../src/model/manifest-digest.ts'
import { ociManifest } from '../../../src/model/media-types.ts'
import { formatPlatform, parsePlatform, platformMatches } from '../../../src/model/platform.ts'
import { parseSchema1 } from '../../../src/model/schema1.ts'
import { schema1Payload, verifySchema1 } from '../../../src/model/schema1-signature.ts'
import { buildImage, buildIndex } from '../../../src/testing/build-image.ts'
import {
  convertIndex,
  convertManifest,
  entriesOf,
  fromSchema1,
  replaceLayers,
  schema1Layers,
  selectPlatforms,
  toSchema1,
} from '../../../src/transform/index.ts'
import { readDiffIds } from '../../../src/transports/docker-image/diff-ids.ts'
import { refusable } from '../refusable.ts'
import { type FuzzTarget, jsonSeeds } from '../target.ts'

const digest: Digest = `sha256:${'a'.repeat(64)}`
const other: Descriptor = {
  mediaType: 'application/x',
  digest: `sha256:${'b'.repeat(64)}`,
  size: 7,
  annotations: { a: 'b' },
}
const linux = parsePlatform('linux/amd64')
const image = buildImage({
  manifest: { annotations: { a: 'b' }, subject: { mediaType: ociManifest, digest, size: 3 } },
})
const index = buildIndex({ 'linux/amd64': {}, 'linux/arm/v7': { gzip: true } })
const rootOf = ({ root, blobs }: typeof image) => blobs.get(root.digest) ?? Buffer.from('{}')
const configOf = ({ blobs }: typeof image) => [...blobs.values()].find(bytes => Buffer.from(bytes).includes('rootfs'))

const compatibility = JSON.stringify({
  id: 'c'.repeat(64),
  created: '2020-01-01T00:00:00Z',
  container_config: { Cmd: ['x'] },
  docker_version: '1.8.2',
  config: { Env: null },
})
const schema1 = JSON.stringify(
  {
    schemaVersion: 1,
    name: 'a/b',
    tag: 'v1',
    architecture: 'amd64',
    fsLayers: [{ blobSum: digest }, { blobSum: digest }],
    history: [{ v1Compatibility: compatibility }, { v1Compatibility: compatibility.replaceAll('c', 'd') }],
  },
  undefined,
  3,
)

async function useManifest(bytes: Uint8Array, manifest: Manifest): Promise<void> {
  for (const node of childrenOf(manifest)) {
    assert.ok(Number.isSafeInteger(node.size) && node.size >= 0)
    if (node.platform !== undefined) platformMatches(linux, node.platform)
  }
  const named = new Map(
    childrenOf(manifest)
      .slice(0, 1)
      .map(child => [child.digest, other]),
  )
  for (const format of ['oci', 'v2s2'] as const) {
    const converted = await refusable(() =>
      manifest.kind === 'index' ? convertIndex(bytes, format, named) : convertManifest(bytes, format),
    )
    if (converted !== undefined) parseManifest(converted.bytes, converted.mediaType)
  }
  if (manifest.kind === 'manifest') parseManifest(replaceLayers(bytes, named), manifest.mediaType)
  else {
    const root = {
      kind: 'index',
      mediaType: manifest.mediaType,
      digest: digestOf(bytes),
      size: bytes.byteLength,
    } as const
    await refusable(() => selectPlatforms(root, bytes, entriesOf(manifest), [linux, parsePlatform('linux/arm')]))
  }
}

export const imageTargets: readonly FuzzTarget[] = [
  {
    name: 'manifest',
    seeds: [rootOf(image), rootOf(index)],
    words: ['"manifests":[', '"layers":[', '"config":{', '"mediaType":', '"schemaVersion":1', '"urls":["data:,x"]'],
    async run(bytes) {
      const type = await refusable(() => detectMediaType(bytes))
      await refusable(() => manifestDigest(bytes))
      const manifest = await refusable(() => parseManifest(bytes, type))
      if (manifest !== undefined) await useManifest(bytes, manifest)
    },
  },
  {
    name: 'image-config',
    seeds: [
      configOf(image) ?? Buffer.from('{}'),
      ...jsonSeeds({
        os: 'linux',
        architecture: 'x86_64',
        created: '2020-01-01T00:00:00.123456789Z',
        config: { Env: ['A=b'], Labels: { a: 'b' }, ExposedPorts: { '80/tcp': {} } },
        rootfs: { type: 'layers', diff_ids: [digest] },
        history: [{ created_by: 'x', empty_layer: true }, { created_by: 'y' }],
      }),
    ],
    words: ['"constructor"', '"history":', '"empty_layer":true', '"variant":"8"'],
    async run(bytes) {
      const config = await refusable(() => parseImageConfig(bytes))
      if (config !== undefined) platformMatches(linux, config.platform)
      if (config !== undefined) formatPlatform(config.platform)
      const shown = await refusable(() => configFields(bytes))
      if (shown !== undefined) runTemplate('{{json .}}{{.}}', shown)
      const diffIds = await refusable(() => readDiffIds(bytes, 'config'))
      await refusable(() => toSchema1('a/b', 'v1', bytes, diffIds ?? [digest]))
    },
  },
  {
    name: 'schema1',
    seeds: [Buffer.from(schema1)],
    words: ['"signatures":[', '"protected":"', '"v1Compatibility":"{', '"throwaway":true', '"formatLength":'],
    share: 150,
    async run(bytes) {
      await refusable(() => verifySchema1(bytes))
      await refusable(() => manifestDigest(bytes))
      await refusable(() => schema1Payload(bytes))
      const parsed = await refusable(() => parseSchema1(bytes))
      if (parsed === undefined) return
      const layers = schema1Layers(parsed).map(({ blobSum }) => ({ digest: blobSum, size: 1, diffId: digest }))
      const made = fromSchema1(parsed, layers)
      parseManifest(made.manifest)
      parseImageConfig(made.config)
    },
  },
]
