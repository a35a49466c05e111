import { execFile } from 'node:child_process'
import { chmod, link, mkdir, readFile, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { describeWithServices } from '../services/describe-with-services.ts'
import { findService, peer, servicePath } from '../services/peer.ts'
import { makeSif } from '../sif/make-sif.ts'
import { lading, newFolder } from './lading.ts'

const run = promisify(execFile)
const definition = 'Bootstrap: docker\nFrom: alpine\n%environment\n  export A=1\n%runscript\n  exec sh "$@"\n'
const isRoot = process.getuid?.() === 0

/** Files of every kind that the user may make, and what is hard about them. */
async function makeTree(folder: string): Promise<void> {
  await mkdir(path.join(folder, 'sub/deep'), { recursive: true })
  // Neither nothing when it is compressed, nor stored as it is: then no damage would show.
  let state = 1
  const noise = new Uint8Array(3_000_000).map(() => {
    state = (state * 48_271) % 2_147_483_647
    return state % 16
  })
  const file = (name: string, content: string | Uint8Array) => writeFile(path.join(folder, name), content)
  await file('hello.txt', 'hello\n')
  await chmod(path.join(folder, 'hello.txt'), 0o4755)
  await link(path.join(folder, 'hello.txt'), path.join(folder, 'sub/hard'))
  await symlink('../hello.txt', path.join(folder, 'sub/link'))
  await file('big', noise)
  await file('same', noise)
  await file('sparse', '')
  await truncate(path.join(folder, 'sparse'), 5_000_000)
  await file('a "quoted" \\ name', 'x')
  await file('new\nline', 'x')
  await file('ü 日', 'x')
  await mkdir(path.join(folder, 'd'.repeat(80)))
  await file(`${'d'.repeat(80)}/${'f'.repeat(80)}`, 'long')
  await symlink('t'.repeat(150), path.join(folder, 'far'))
  await run('mkfifo', [path.join(folder, 'sub/fifo')])
  await utimes(path.join(folder, 'big'), 1_000_000_000, 1_000_000_000)
  await chmod(path.join(folder, 'sub/deep'), 0o700)
}

/** The entries of the only layer in a directory, without what cannot be the same: when the script was put there. */
async function layerOf(directory: string): Promise<string[]> {
  const { layers } = JSON.parse(await readFile(path.join(directory, 'manifest.json'), 'utf8'))
  const file = path.join(directory, layers[0].digest.replace('sha256:', ''))
  const { stdout } = await run('tar', [
    '--numeric-owner',
    '--full-time',
    '--xattrs',
    '--xattrs-include=*',
    '-tvvf',
    file,
  ])
  const lines = stdout.replaceAll(' ./', ' ').replaceAll('link to ./', 'link to ').trimEnd().split('\n')
  // A column of times is as wide as the longest.
  return lines
    .map(line => line.replace(/(\d{4}-\S+ \d\d:\d\d:\d\d)\S* +/, line.includes(' podman/') ? 'then ' : '$1 '))
    .sort()
}

const configOf = async (directory: string) => {
  const { config } = JSON.parse(await readFile(path.join(directory, 'manifest.json'), 'utf8'))
  const text = await readFile(path.join(directory, config.digest.replace('sha256:', '')), 'utf8')
  const { rootfs, history, ...rest } = JSON.parse(text)
  return { ...rest, layers: rootfs.diff_ids.length, comment: history[0].comment }
}

describeWithServices(['mksquashfs', 'unsquashfs'], 'a SIF file', () => {
  let folder: string
  const env = { PATH: `${path.dirname(findService('unsquashfs') ?? '/nowhere')}:${process.env.PATH}` }
  const sif = (name: string) => path.join(folder, name)
  const squashfs = async (...options: string[]) => {
    const file = sif(`file-system-${options.join('')}`)
    await run(servicePath('mksquashfs'), [sif('tree'), file, '-noappend', '-quiet', '-no-progress', ...options])
    return await readFile(file)
  }

  beforeAll(async () => {
    folder = await newFolder()
    await mkdir(sif('tree'))
    await makeTree(sif('tree'))
    await writeFile(sif('image.sif'), makeSif({ fileSystem: await squashfs(), definition }))
  })

  test('becomes the same image each time, whatever its blocks were compressed with', async () => {
    await writeFile(sif('zstd.sif'), makeSif({ fileSystem: await squashfs('-comp', 'zstd'), definition }))
    const digests = []
    for (const name of ['image.sif', 'image.sif', 'zstd.sif']) {
      const { code, stdout, stderr } = await lading(['inspect', '--output', 'json', `sif:${sif(name)}`], { env })
      expect(stderr).toBe('')
      expect(code).toBe(0)
      digests.push(JSON.parse(stdout).digest)
    }
    expect(new Set(digests).size).toBe(1)
  })

  test('that is damaged, or is none, is refused and leaves nothing', async () => {
    const whole = await readFile(sif('image.sif'))
    const damaged = Buffer.from(whole)
    damaged.fill(0xaa, 17_000, 200_000)
    await writeFile(sif('damaged.sif'), damaged)
    await writeFile(sif('short.sif'), whole.subarray(0, whole.byteLength - 100_000))
    await writeFile(sif('text.sif'), 'text')
    for (const name of ['damaged.sif', 'short.sif', 'text.sif']) {
      const { code, stderr } = await lading(['copy', `sif:${sif(name)}`, `oci:${sif('refused')}:v1`], { env })
      expect(stderr, name).toContain(`sif:${sif(name)}`)
      expect(code, `${name}: ${stderr}`).toBe(4)
    }
    expect(await lading(['copy', `sif:${sif('absent.sif')}`, `oci:${sif('refused')}:v1`], { env })).toMatchObject({
      code: 2,
    })
  })

  test('needs unsquashfs, and the error says so', async () => {
    const { code, stderr } = await lading(['inspect', `sif:${sif('image.sif')}`], { env: { PATH: '/nowhere' } })
    expect(stderr).toContain('install squashfs-tools')
    expect(code).toBe(6)
  })

  describe.skipIf(!isRoot)('(as root: skopeo unpacks it for that)', () => {
    describeWithServices(['skopeo'], 'and skopeo', () => {
      test.each([
        ['with a run script', 'image.sif', ['/podman/runscript']],
        ['without', 'plain.sif', ['bash']],
      ])('become the same config and the same files, %s', async (_, name, command) => {
        await writeFile(sif('plain.sif'), makeSif({ fileSystem: await squashfs(), architecture: '04' }))
        // What skopeo calls to become root, where one is root already.
        await writeFile(sif('fakeroot'), '#!/bin/sh\nshift\nexec "$@"\n', { mode: 0o755 })
        const PATH = [folder, env.PATH].join(':')
        const [ours, theirs] = [sif(`${name}-ours`), sif(`${name}-theirs`)]
        await peer('skopeo').run(['copy', `sif:${sif(name)}`, `dir:${theirs}`], { env: { PATH } })
        const copied = await lading(['copy', `sif:${sif(name)}`, `dir:${ours}`], { env })
        expect(copied).toMatchObject({ code: 0, stderr: '' })
        expect(await configOf(ours)).toEqual(await configOf(theirs))
        expect(await configOf(ours)).toMatchObject({ config: { Cmd: command } })
        expect(await layerOf(ours)).toEqual(await layerOf(theirs))
      })
    })
  })
})
