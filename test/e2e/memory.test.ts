import { open } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createDigester, type Digest, digestParts } from '../../src/model/digest.ts'
import { buildImage } from '../../src/testing/build-image.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { startRegistry } from '../services/start-registry.ts'
import { lading, newFolder } from './lading.ts'

const gib = 1024 * 1024 * 1024
const mib = 1024 * 1024
const limit = 200_000_000

/** A layout with one layer of 1 GiB: a sparse file, so that only the reading costs. */
async function gibLayout(): Promise<{ folder: string; layer: Digest }> {
  const folder = await newFolder()
  const digester = createDigester()
  const zeros = new Uint8Array(mib)
  for (let at = 0; at < gib; at += mib) digester.update(zeros)
  const layer = digester.digest()
  const small = buildImage()
  const layers = [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer, size: gib }]
  const image = buildImage({ manifest: { layers } })
  await writeLayout(path.join(folder, 'layout'), {
    v1: { root: image.root, blobs: new Map([...small.blobs, ...image.blobs]) },
  })
  const { algorithm, hex } = digestParts(layer)
  await using file = await open(path.join(folder, 'layout/blobs', algorithm, hex), 'w')
  await file.truncate(gib)
  return { folder, layer }
}

test('a layer of 1 GiB between two places on disk keeps the process below 200 MB', { timeout: 120_000 }, async () => {
  const { folder } = await gibLayout()
  const run = await lading(['copy', `oci:${folder}/layout:v1`, `local://${folder}/bucket//app:v1`])
  expect(run).toMatchObject({ code: 0 })
  if (process.platform === 'linux') expect(run.peakBytes).toBeGreaterThan(0)
  expect(run.peakBytes).toBeLessThan(limit)
})

describeWithServices(['docker-registry'], 'a layer of 1 GiB', () => {
  test('up to a registry and down again keeps the process below 200 MB', { timeout: 180_000 }, async () => {
    await using registry = await startRegistry()
    const { folder } = await gibLayout()
    const up = await lading(['copy', `oci:${folder}/layout:v1`, `${registry.host}/app:v1`])
    expect(up).toMatchObject({ code: 0 })
    const down = await lading(['copy', `${registry.host}/app:v1`, `local://${folder}/bucket//app:v1`])
    expect(down).toMatchObject({ code: 0 })
    expect(Math.max(up.peakBytes, down.peakBytes)).toBeLessThan(limit)
  })
})
