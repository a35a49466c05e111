import { execFile } from 'node:child_process'
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { copyImage, inspectImage } from '../../src/index.ts'
import { dockerArchive } from '../../src/testing/docker-archive.ts'
import { tarArchive } from '../../src/testing/tar-blocks.ts'
import { checkout } from '../structure/source-files.ts'
import { fixtures, newFolder } from './lading.ts'

const hello = `oci:${path.join(checkout, 'examples/hello')}:v1`

/** Runs a command line in which `lading` is this checkout's, in a folder of its own. */
async function shell(command: string): Promise<{ code: number; folder: string; stderr: string }> {
  const folder = await newFolder()
  const lading = `lading() { '${process.execPath}' '${path.join(checkout, 'bin/lading.js')}' "$@"; }`
  const env = { PATH: process.env.PATH, HOME: folder, hello, fixtures: path.join(fixtures, 'archives') }
  try {
    const { stderr } = await promisify(execFile)('sh', ['-c', `${lading}\n${command}`], { cwd: folder, env })
    return { code: 0, folder, stderr }
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string }
    return { code, folder, stderr }
  }
}

describe('archives of others', () => {
  test.each([
    ['test-docker-image.tar', '75ae28b8ebf89b203319069ddcbecdf5c3838503bbebc0d0d85e4b8589c5de3a', 14],
    ['hello-world-v25.tar', 'ee301c921b8aadc002973b2e0c3da17d701dcd994b606769a7e6eaa100b81d44', 1],
  ])('%s is the same image from a file and from a pipe', async (file, config, layers) => {
    const { code, folder, stderr } = await shell(`
      lading copy docker-archive:$fixtures/${file} oci:layout:file &&
      cat $fixtures/${file} | lading copy docker-archive:- oci:layout:pipe`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [one, two] = await Promise.all(
      ['file', 'pipe'].map(name => inspectImage(`oci:${path.join(folder, 'layout')}:${name}`)),
    )
    expect(one?.digest).toBe(two?.digest)
    expect(one?.platforms[0]?.config?.digest).toBe(`sha256:${config}`)
    expect(one?.platforms[0]?.layers).toHaveLength(layers)
  })
})

describe('an archive in a pipe', () => {
  test('is written as the file is', async () => {
    const { code, folder, stderr } = await shell(`
      lading copy $hello docker-archive:file.tar:app:v1 --platform linux/amd64 > /dev/null &&
      lading copy $hello docker-archive:-:app:v1 --platform linux/amd64 > stdout.tar &&
      mkfifo fifo && (cat fifo > piped.tar & lading copy $hello docker-archive:fifo:app:v1 --platform linux/amd64 > /dev/null; wait)`)
    expect({ code, stderr: stderr.includes('hint') }).toEqual({ code: 0, stderr: false })
    const [file, ...others] = await Promise.all(
      ['file.tar', 'stdout.tar', 'piped.tar'].map(name => readFile(path.join(folder, name))),
    )
    for (const other of others) expect(other.equals(file ?? Buffer.alloc(0))).toBe(true)
  })

  test('goes from one command to the next', async () => {
    const { code, folder } = await shell(
      'lading copy $hello docker-archive:-:app:v1 --platform linux/amd64 | lading copy docker-archive:- oci:layout:v1',
    )
    expect(code).toBe(0)
    const { platforms } = await inspectImage(`oci:${path.join(folder, 'layout')}:v1`)
    const original = (await inspectImage(hello)).platforms.find(({ platform }) => platform === 'linux/amd64')
    expect(platforms[0]?.config?.digest).toBe(original?.config?.digest)
  })

  test('that ends too early is refused, and leaves no name', async () => {
    const { code, folder, stderr } = await shell(
      'head -c 500000 $fixtures/test-docker-image.tar | lading copy docker-archive:- oci:layout:v1',
    )
    expect(code).toBe(4)
    expect(stderr).toContain('cut off')
    expect(await readdir(path.join(folder, 'layout')).catch(() => [])).not.toContain('index.json')
  })
})

describe('an archive whose layer is not what its config says', () => {
  const { entries } = dockerArchive({ style: 'classic', layers: [new Uint8Array(5000).fill(1)] })
  const forged = tarArchive(
    ...entries.map(entry => (entry.name.endsWith('/layer.tar') ? { ...entry, body: Buffer.alloc(5000, 2) } : entry)),
  )

  test.each([
    ['a file', forged],
    ['a stream', gzipSync(forged)],
  ])('is refused from %s, and what was at the destination stays', async (_, bytes) => {
    const folder = await newFolder()
    const at = (name: string) => path.join(folder, name)
    await writeFile(at('forged.tar'), bytes)
    await copyFile(path.join(fixtures, 'archives/hello-world-v25.tar'), at('there.tar'))
    const before = await readFile(at('there.tar'))
    for (const [to, options] of [
      [`docker-archive:${at('there.tar')}`, { force: true }],
      [`docker-archive:${at('new.tar')}`, {}],
      [`oci:${at('layout')}:v1`, {}],
    ] as const) {
      await expect(copyImage(`docker-archive:${at('forged.tar')}`, to, options)).rejects.toMatchObject({
        code: 'digest-mismatch',
        side: 'source',
      })
    }
    expect((await readFile(at('there.tar'))).equals(before)).toBe(true)
    expect((await readdir(folder)).filter(name => name !== 'layout')).toEqual(['forged.tar', 'there.tar'])
  })
})
