import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildImage } from '../../src/testing/build-image.ts'
import { type FakeRegistry, startFakeRegistry } from '../../src/testing/fake-registry.ts'
import { lading } from '../e2e/lading.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { readWhole } from './read-whole.ts'

const image = buildImage({ layers: [randomBytes(6 * 1024 * 1024), randomBytes(5 * 1024 * 1024)] })
const preload = pathToFileURL(path.join(import.meta.dirname, 'preload.ts')).href

describe('threads that receive large layers', () => {
  let registry: FakeRegistry
  beforeAll(async () => {
    registry = await startFakeRegistry()
    const held = registry.repository('app')
    for (const [digest, bytes] of image.blobs) held.blobs.set(digest, bytes)
    held.manifests.set(image.root.digest, {
      bytes: image.blobs.get(image.root.digest) ?? new Uint8Array(),
      mediaType: image.root.mediaType,
    })
    held.tags.set('v1', image.root.digest)
  })
  afterAll(() => registry[Symbol.asyncDispose]())

  test.each([
    ['open-write', 'EMFILE', 0, 'too many open files'],
    ['write', 'ENOSPC', 0, 'no space left'],
    ['write', 'EIO', 20, 'the device failed'],
    ['sync', 'EIO', 0, 'the device failed'],
  ])('%s that fails with %s, at %i, is told, and nothing is left', async (kind, code, at, says) => {
    const folder = await mkdtemp(path.join(temporaryFolder(), 'threads-'))
    const there = path.join(folder, 'there')
    await mkdir(there)
    const to = `local://${there}//app:v1`
    const words = ['copy', '--quiet', `docker://${registry.host}/app:v1`, to]
    const env = { FAULT_FOLDER: there, FAULT_KIND: kind, FAULT_CODE: code, FAULT_AT: String(at) }
    const { code: exit, stderr } = await lading(words, { env: { ...env, NODE_OPTIONS: `--import=${preload}` } })
    expect(stderr).toContain('fault met')
    // a thread that fails leaves it to the stream, which tells what is wrong where it is still wrong
    if (exit !== 0) {
      expect(exit, stderr).toBe(6)
      expect(stderr).toContain(says)
      expect(await readWhole(to)).toEqual({})
      expect(await lading(words)).toMatchObject({ code: 0 })
    }
    expect(await readWhole(to)).toEqual({ [to]: image.root.digest })
    expect(await readdir(there)).not.toContain('lading')
  })
})
