import { execFile, spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { copyImage, inspectImage, parsePlatform } from '../../src/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { checkout } from '../structure/source-files.ts'
import { fixtures, lading, newFolder } from './lading.ts'

/** Of OCI types alone: skopeo and umoci put no Docker types into a layout. */
const image = `oci:${path.join(checkout, 'examples/hello')}:v1`
const run = promisify(execFile)

describeWithServices(['skopeo', 'umoci'], 'an archive that we wrote', () => {
  test('is copied onward by skopeo, whole and unchanged', async () => {
    const folder = await newFolder()
    const { digest } = await copyImage(image, `oci-archive:${folder}/ours.tar:v1`)
    const flags = ['--all', '--preserve-digests']
    await peer('skopeo').run(['copy', ...flags, `oci-archive:${folder}/ours.tar:v1`, `oci:${folder}/layout:v1`])
    expect((await inspectImage(`oci:${folder}/layout:v1`)).digest).toBe(digest)
  })

  test('is unpacked by umoci once tar has made a layout of it', async () => {
    const folder = await newFolder()
    await copyImage(image, `oci-archive:${folder}/ours.tar:v1`, { platforms: [parsePlatform('linux/amd64')] })
    await mkdir(`${folder}/layout`)
    await run('tar', ['xf', `${folder}/ours.tar`, '-C', `${folder}/layout`])
    await peer('umoci').run(['unpack', '--rootless', '--image', `${folder}/layout:v1`, `${folder}/bundle`])
    expect(JSON.parse(await readFile(`${folder}/bundle/config.json`, 'utf8'))).toHaveProperty('process')
  })
})

describeWithServices(['skopeo'], 'an archive that skopeo wrote', () => {
  test('is read with every digest, as a file and as it comes, and is replaced', async () => {
    const folder = await newFolder()
    const theirs = `oci-archive:${folder}/theirs.tar:v1`
    await peer('skopeo').run(['copy', '--all', '--preserve-digests', image, theirs])
    const { digest } = await inspectImage(image)
    expect((await inspectImage(theirs)).digest).toBe(digest)
    await writeFile(`${folder}/theirs.tar.gz`, gzipSync(await readFile(`${folder}/theirs.tar`)))
    const once = await copyImage(`oci-archive:${folder}/theirs.tar.gz:v1`, `oci:${folder}/layout:v1`)
    expect(once).toMatchObject({ digest, changed: true })
    expect(await copyImage(image, theirs)).toMatchObject({ changed: false, blobs: { copied: 0 } })
    const small = await copyImage(image, theirs, { platforms: [parsePlatform('linux/amd64')] })
    expect((await inspectImage(theirs)).digest).toBe(small.digest)
  })
})

test.each([
  'gzip',
  'uncompressed',
  'zstd',
  'estargz',
])('a layer of %s is kept as it is, whichever way the archive comes', async kind => {
  const folder = await newFolder()
  const file = path.join(fixtures, `archives/test-oci-${kind}-image.tar`)
  await writeFile(`${folder}/packed`, gzipSync(await readFile(file)))
  const { digest } = await inspectImage(`oci-archive:${file}`)
  for (const source of [file, `${folder}/packed`]) {
    const result = await copyImage(`oci-archive:${source}`, `oci-archive:${folder}/${path.basename(source)}.copy`)
    expect(result).toMatchObject({ digest, sourceDigest: digest, changed: true })
    expect((await inspectImage(`oci-archive:${folder}/${path.basename(source)}.copy`)).digest).toBe(digest)
  }
})

describe('standard input and output', () => {
  test('carry an archive from one program to the next, and nothing else', async () => {
    const folder = await newFolder()
    const { digest } = await inspectImage(image)
    const bin = path.join(checkout, 'bin/lading.js')
    const writer = spawn(process.execPath, [bin, 'copy', image, 'oci-archive:-:v1'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const reader = spawn(process.execPath, [bin, 'copy', 'oci-archive:-:v1', `oci:${folder}/layout:v1`], {
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    const [said, complaints] = await Promise.all([
      text(writer.stderr),
      text(reader.stderr),
      pipeline(writer.stdout, reader.stdin),
    ])
    expect(said).toContain(digest)
    expect(complaints).not.toContain('lading:')
    expect((await inspectImage(`oci:${folder}/layout:v1`)).digest).toBe(digest)
  })

  test('are kept clean for a Docker archive too', async () => {
    const archived = await lading(['copy', '--platform', 'linux/amd64', image, 'docker-archive:-:hello:v1'])
    expect(archived).toMatchObject({ code: 0, stderr: expect.stringContaining('docker-archive:-:') })
    expect(archived.stdout.slice(-1024)).toBe('\0'.repeat(1024))
  })

  test('may be files', async () => {
    const folder = await newFolder()
    const { digest } = await inspectImage(image)
    const bin = path.join(checkout, 'bin/lading.js')
    {
      await using output = await open(`${folder}/out.tar`, 'w')
      const writer = spawn(process.execPath, [bin, 'copy', image, 'oci-archive:/dev/stdout:v1'], {
        stdio: ['ignore', output.fd, 'ignore'],
      })
      await new Promise(resolve => writer.once('close', resolve))
    }
    expect((await inspectImage(`oci-archive:${folder}/out.tar:v1`)).digest).toBe(digest)
    await using input = await open(`${folder}/out.tar`)
    const reader = spawn(process.execPath, [bin, 'copy', 'oci-archive:/dev/stdin:v1', `oci:${folder}/layout:v1`], {
      stdio: [input.fd, 'ignore', 'ignore'],
    })
    await new Promise(resolve => reader.once('close', resolve))
    expect((await inspectImage(`oci:${folder}/layout:v1`)).digest).toBe(digest)
  })

  test('whose other end goes away end a copy with an error', async () => {
    const folder = await newFolder()
    await copyImage(`local://${path.join(fixtures, 's3lo-store')}//alpine:latest`, `oci:${folder}/alpine:v1`, {
      platforms: [parsePlatform('linux/amd64')],
    })
    const bin = path.join(checkout, 'bin/lading.js')
    const writer = spawn(process.execPath, [bin, 'copy', `oci:${folder}/alpine:v1`, 'oci-archive:-:v1'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    writer.stdout.once('data', () => writer.stdout.destroy())
    const [said, code] = await Promise.all([text(writer.stderr), new Promise(resolve => writer.once('close', resolve))])
    expect(said).toContain('whoever reads the archive has stopped')
    expect(code).toBe(6)
  })
})

test('an archive that is no archive is told in one line', async () => {
  const folder = await newFolder()
  await writeFile(`${folder}/letter`, 'a letter to my aunt')
  const read = await lading(['copy', `oci-archive:${folder}/letter`, `oci:${folder}/layout`])
  expect(read).toMatchObject({ code: 4, stderr: expect.stringContaining('it is not a tar archive') })
  const written = await lading(['copy', image, `oci-archive:${folder}/letter`])
  expect(written).toMatchObject({ code: 4, stderr: expect.stringContaining('is not an OCI archive') })
  expect(await text(createReadStream(`${folder}/letter`))).toBe('a letter to my aunt')
})

test('a run that is killed leaves the archive that was there, and the next run what it left', async () => {
  const folder = await newFolder()
  const file = `${folder}/archive.tar`
  await copyImage(image, `oci-archive:${file}:v1`)
  const before = await readFile(file)
  const other = await readFile(path.join(fixtures, 'archives/test-oci-uncompressed-image.tar'))
  const bin = path.join(checkout, 'bin/lading.js')
  const child = spawn(process.execPath, [bin, 'copy', 'oci-archive:-', `oci-archive:${file}:v1`], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.stdin.on('error', () => {})
  child.stdin.write(other.subarray(0, other.byteLength - 3000))
  await vi.waitFor(async () => expect(await readdir(folder)).toHaveLength(2), { timeout: 20_000 })
  child.kill('SIGKILL')
  await new Promise(resolve => child.once('close', resolve))
  expect(await readFile(file)).toEqual(before)
  expect(await readdir(folder)).toHaveLength(2)
  await copyImage(image, `oci-archive:${file}:v2`)
  expect(await readdir(folder)).toEqual(['archive.tar'])
})
