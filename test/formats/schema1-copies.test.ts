import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { copyImage } from '../../src/index.ts'
import { manifestDigest } from '../../src/model/manifest-digest.ts'
import { dockerManifest, dockerSchema1Signed, ociManifest } from '../../src/model/media-types.ts'
import { schema1Payload } from '../../src/model/schema1-signature.ts'
import { startFakeRegistry } from '../../src/testing/fake-registry.ts'
import { newFolder } from '../e2e/lading.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { startRegistry } from '../services/start-registry.ts'
import { writeImage } from './image-folder.ts'

const history = [
  { created: '2020-01-01T00:00:00Z', created_by: 'ADD x' },
  { created: '2020-01-01T00:00:01Z', created_by: 'ENV', empty_layer: true },
  { created: '2020-01-01T00:00:02Z', created_by: 'RUN y' },
]
const image = () => writeImage(['one', 'two'], { os: 'linux', architecture: 'amd64', config: { Cmd: ['sh'] }, history })
const newDir = async () => path.join(await newFolder(), 'image')
const skopeo = (...words: string[]) => peer('skopeo').run(['copy', ...words])
const manifestOf = async (folder: string) => new Uint8Array(await readFile(path.join(folder, 'manifest.json')))

describeWithServices(['docker-registry', 'skopeo'], 'schema 1', () => {
  test('is read as skopeo reads it', async () => {
    const { folder } = await image()
    const [old, theirs, ours] = [await newDir(), await newDir(), await newDir()]
    await skopeo('--format', 'v2s1', `dir:${folder}`, `dir:${old}`)
    await skopeo('--format', 'v2s2', `dir:${old}`, `dir:${theirs}`)
    const result = await copyImage(`dir:${old}`, `dir:${ours}`)
    expect(result).toMatchObject({ mediaType: dockerManifest, rewritten: 'converted from v2s1' })
    expect(result.sourceDigest).toBe(manifestDigest(await manifestOf(old)))
    expect(await manifestOf(ours)).toEqual(await manifestOf(theirs))
  })

  test('becomes what is asked for, and what the place holds', async () => {
    const { folder, layers } = await image()
    const old = await newDir()
    await copyImage(`dir:${folder}`, `dir:${old}`, { format: 'v2s1' })
    const layout = await newDir()
    expect(await copyImage(`dir:${old}`, `oci:${layout}:v1`, { format: 'oci' })).toMatchObject({
      mediaType: ociManifest,
      rewritten: 'converted from v2s1; converted to oci',
    })
    await expect(copyImage(`dir:${old}`, `oci:${layout}:v2`, { preserveDigests: true })).rejects.toMatchObject({
      code: 'unsupported',
    })
    const archive = `${await newDir()}.tar`
    await copyImage(`dir:${old}`, `docker-archive:${archive}:app:v1`)
    const inspected = await peer('skopeo').run(['inspect', '--config', `docker-archive:${archive}`])
    expect(JSON.parse(inspected).rootfs.diff_ids).toEqual(layers.map(({ diffId }) => diffId))
    const zstd = await copyImage(`dir:${old}`, `oci:${layout}:v3`, { compression: 'zstd', recompress: 'all' })
    expect(zstd).toMatchObject({
      mediaType: ociManifest,
      rewritten: 'converted from v2s1; layers compressed with zstd',
    })
  })

  test('has its layers kept on the disk where it is said', async () => {
    const large = randomBytes(9 * 1024 * 1024).toString('latin1')
    const { folder } = await writeImage([large], { os: 'linux', architecture: 'amd64', history: history.slice(0, 1) })
    const [old, missing] = [await newDir(), await newDir()]
    await copyImage(`dir:${folder}`, `dir:${old}`, { format: 'v2s1' })
    await expect(copyImage(`dir:${old}`, `dir:${await newDir()}`, { temporaryFolder: missing })).rejects.toMatchObject({
      subject: expect.stringContaining(missing),
    })
  })

  test('is tried last where schema 2, which it becomes, is refused, and OCI too', async () => {
    const { folder } = await image()
    const old = await newDir()
    await copyImage(`dir:${folder}`, `dir:${old}`, { format: 'v2s1' })
    await using registry = await startFakeRegistry({
      quirks: { refusedManifestTypes: [ociManifest, dockerManifest] },
    })
    await expect(copyImage(`dir:${old}`, `docker://${registry.host}/app:v1`)).rejects.toMatchObject({
      code: 'manifest-refused',
      message: expect.stringMatching(/Tried: v2s2 \(.*\), oci \(.*\), v2s1 \(/),
    })
  })

  test('is written for a registry as skopeo writes it, and read there', async () => {
    const { folder } = await image()
    await using registry = await startRegistry({ schema1: true })
    const [ours, theirs] = [`docker://${registry.host}/ours:v1`, `docker://${registry.host}/ours:v2`]
    const written = await copyImage(`dir:${folder}`, ours, { format: 'v2s1' })
    expect(written).toMatchObject({ mediaType: dockerSchema1Signed, rewritten: 'converted to v2s1' })
    expect(await copyImage(`dir:${folder}`, ours, { format: 'v2s1' })).toMatchObject({
      changed: false,
      digest: written.digest,
    })
    await skopeo('--dest-tls-verify=false', '--format', 'v2s1', `dir:${folder}`, theirs)
    const raw = async (reference: string) => {
      const bytes = await peer('skopeo').run(['inspect', '--raw', '--tls-verify=false', reference])
      return JSON.parse(new TextDecoder().decode(schema1Payload(new TextEncoder().encode(bytes))))
    }
    expect({ ...(await raw(ours)), tag: 'v2' }).toEqual(await raw(theirs))
    const [here, there] = [await newDir(), await newDir()]
    await copyImage(theirs, `dir:${here}`)
    await skopeo('--src-tls-verify=false', '--format', 'v2s2', ours, `dir:${there}`)
    expect(await manifestOf(here)).toEqual(await manifestOf(there))
  })

  test('is not written by a dry run, nor the empty layer that it needs', async () => {
    const { folder } = await image()
    const to = await newDir()
    const result = await copyImage(`dir:${folder}`, `dir:${to}`, { format: 'v2s1', dryRun: true })
    expect(result).toMatchObject({ changed: false, rewritten: 'converted to v2s1' })
    await expect(readdir(to)).rejects.toThrow('ENOENT')
  })

  test('is refused where it has no place, before a byte moves', async () => {
    const { folder } = await image()
    const layout = await newDir()
    await expect(copyImage(`dir:${folder}`, `oci:${layout}:v1`, { format: 'v2s1' })).rejects.toMatchObject({
      code: 'unsupported',
      side: 'destination',
    })
  })
})
