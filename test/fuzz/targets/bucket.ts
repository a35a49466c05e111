import assert from 'node:assert/strict'
import { changeBucketConfig } from '../../../src/layout/change-bucket-config.ts'
import { listCondemned, readCondemned } from '../../../src/layout/condemned-blobs.ts'
import { changeHistory } from '../../../src/layout/history.ts'
import {
  addVariant,
  blobKey,
  parseBucketConfig,
  readHistory,
  readLeases,
  readVariants,
  tagKeys,
} from '../../../src/layout/index.ts'
import { condemnedPrefix, configKey, layerKey, leasesPrefix, parseTagKey } from '../../../src/layout/keys.ts'
import { parseConfigChange } from '../../../src/layout/parse-config-change.ts'
import { attachedTo, parseReferrerKey } from '../../../src/layout/referrer-keys.ts'
import { readTag } from '../../../src/layout/tag-record.ts'
import { parseTrashKey } from '../../../src/layout/trash-keys.ts'
import type { Digest } from '../../../src/model/digest.ts'
import { openStore } from '../../../src/stores/index.ts'
import { UploadProgress } from '../../../src/stores/parts/upload-progress.ts'
import { ResumableDigest } from '../../../src/streams/resumable-digest.ts'
import { layoutFilesOf, readLayout } from '../layout-in-memory.ts'
import { refusable } from '../refusable.ts'
import { type FuzzTarget, jsonSeeds, textSeeds } from '../target.ts'

const digest: Digest = `sha256:${'a'.repeat(64)}`
const descriptor = {
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  digest,
  size: 7,
  annotations: { a: 'b' },
}
/** Of 64 bytes, as it is kept. */
const savedState = await stateOf(Buffer.alloc(64, 'x'))
const condemnedKey = `${condemnedPrefix}sha256/${'a'.repeat(16)}-${'b'.repeat(16)}-x`
const keys = tagKeys('a/b', 'v1')

export const bucketTargets: readonly FuzzTarget[] = [
  {
    name: 'bucket-record',
    seeds: jsonSeeds(
      [{ pushed_at: '2026-04-13T13:22:09Z', digest, size_bytes: 12 }],
      { since: '2026-04-13T13:22:09.123Z' },
      { state: 'condemned', since: '2026-04-13T13:22:09Z', blobs: { ['a'.repeat(64)]: 5 } },
      { variants: [{ ...descriptor, level: 3 }] },
      { imageLayoutVersion: '1.0.0' },
    ),
    words: ['"pushed_at":', '"since":', '"blobs":', '"variants":', '2026-01-01T00:00:00+05', '2026-02-30T00:00:00Z'],
    async run(bytes) {
      await using store = await openStore({ scheme: 'memory', root: '' })
      const places = [keys.history, keys.manifest, `${leasesPrefix}x`, condemnedKey, layerKey(digest), blobKey(digest)]
      for (const key of places) await store.put(key, bytes)
      for (const { pushed_at } of await readHistory(store, keys.history))
        assert.ok(!Number.isNaN(Date.parse(pushed_at)))
      await refusable(() => changeHistory(store, keys.history, old => old))
      const leases = await refusable(() => readLeases(store, new Date()))
      // A lease that lives MUST have a beginning: what is older than it is what a clean may take.
      if (leases !== undefined && leases.living > 0)
        assert.ok(!Number.isNaN((leases.oldest ?? new Date(Number.NaN)).getTime()))
      for await (const range of listCondemned(store)) {
        const record = await refusable(() => readCondemned(store, range))
        if (record !== undefined) assert.ok(!Number.isNaN(record.since.getTime()))
      }
      await readVariants(store, digest)
      await addVariant(store, digest, descriptor)
      assert.equal((await readVariants(store, digest))[0]?.digest, digest)
      await refusable(() => readTag(store, 'a/b', 'v1'))
    },
  },
  {
    name: 'bucket-config',
    seeds: textSeeds(
      'default:\n  immutable: true\n  lifecycle:\n    keep_last: 5\n    max_age: 90d\n    keep_tags: [latest, "v*"]\nimages:\n  app/*: {immutable: false}\n',
      '# note\ndefault: &d {immutable: yes}\nimages:\n  a: *d\n  "1.0":\n    lifecycle: ~\nchunked: off\n',
    ),
    words: [
      'images:',
      'default:',
      '  immutable: yes\n',
      '*a',
      '&a ',
      '<<: ',
      '- ',
      '---\n',
      '!!js ',
      '? ',
      '|\n',
      '%YAML',
      '[',
    ],
    share: 40,
    async run(bytes) {
      await refusable(() => parseBucketConfig(bytes, configKey))
      await using store = await openStore({ scheme: 'memory', root: '' })
      await store.put(configKey, bytes)
      const change = parseConfigChange('immutable', 'true', 'image')
      const changed = await refusable(() => changeBucketConfig(store, 'app/*', [change]))
      if (changed !== undefined) assert.equal(changed.config.images.get('app/*')?.immutable, true)
    },
  },
  {
    name: 'bucket-key',
    seeds: textSeeds(
      keys.manifest,
      'lading/trash/tags/a/b/v1@20260413T132209123Z-1f2e3d4c/manifest.json',
      `lading/referrers/sha256/${'a'.repeat(64)}/sha256/${'b'.repeat(64)}`,
      `sha256-${'a'.repeat(64)}.sig`,
    ),
    words: ['manifests/', '/manifest.json', '..', '@', 'signatures/', 'lading/'],
    run(bytes) {
      const text = Buffer.from(bytes).toString()
      const named = parseTagKey(text)
      if (named !== undefined) assert.equal(tagKeys(named.image, named.tag).manifest, text)
      parseTrashKey(text)
      parseReferrerKey(text)
      attachedTo(text)
    },
  },
  {
    name: 'unfinished-upload',
    seeds: [
      ...jsonSeeds({ size: 3, partSize: 1, parts: 1, etags: 'x', state: `sha256:64:${savedState}` }),
      ...textSeeds(`sha256:64:${savedState}`),
    ],
    words: ['sha256:', 'sha512:', ':64:', 'AAAA', '//8='],
    async run(bytes) {
      await using store = await openStore({ scheme: 'memory', root: '' })
      await store.put(`lading/uploads/${digest.replace(':', '-')}`, bytes)
      const have = new Map([[1, { etag: 'e', size: 1 }]])
      const progress = await UploadProgress.open(store, { content: digest, size: 3, partSize: 1 }, have, undefined)
      for (const state of [progress.begun?.state, Buffer.from(bytes).toString()]) {
        const resumed = state && (await ResumableDigest.resumed({ digest, size: 2 ** 40 }, state))
        if (!resumed) continue
        resumed.update(Buffer.alloc(200, 'x'))
        resumed.state()
        assert.match(resumed.digest(), /^sha256:[0-9a-f]{64}$/)
      }
    },
  },
  {
    name: 'oci-layout',
    seeds: jsonSeeds(
      { schemaVersion: 2, manifests: [{ ...descriptor, annotations: { 'org.opencontainers.image.ref.name': 'v1' } }] },
      { imageLayoutVersion: '1.0.0' },
    ),
    async run(bytes) {
      await refusable(() => readLayout(layoutFilesOf({ 'index.json': bytes })))
      await refusable(() => readLayout(layoutFilesOf({ 'oci-layout': bytes, 'index.json': bytes })))
    },
  },
]

async function stateOf(bytes: Uint8Array): Promise<string> {
  const kept = await ResumableDigest.kept({ digest, size: bytes.byteLength })
  kept.update(bytes)
  return kept.state()?.split(':')[2] ?? ''
}
