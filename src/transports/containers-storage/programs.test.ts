import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { digestOf } from '../../model/digest.ts'
import { bytesOf } from '../../streams/index.ts'
import { buildImage, buildIndex } from '../../testing/build-image.ts'
import { findProgram } from '../programs/find-program.ts'
import { openContainersStorageDestination } from './destination.ts'
import { parseContainersStorageReference } from './reference.ts'
import { openContainersStorageSource } from './source.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-containers-'))
afterAll(() => rm(folder, { recursive: true }))

let made = 0

/** A machine on which these programs are all there is. Each is a script that says what it was called with. */
async function machine(programs: Readonly<Record<string, string>>) {
  const home = path.join(folder, String(made++))
  const bin = path.join(home, 'bin')
  const temporary = path.join(home, 'tmp')
  await mkdir(bin, { recursive: true })
  await mkdir(temporary)
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(path.join(bin, name), `#!/bin/sh\necho "$*" >> ${home}/calls\n${script}\n`)
    await chmod(path.join(bin, name), 0o755)
  }
  await symlink((await findProgram('mkfifo', process.env)) ?? '', path.join(bin, 'mkfifo'))
  return {
    context: { environment: { PATH: bin, TMPDIR: temporary, REAL: process.env.PATH }, warn: () => {} },
    calls: async () => (await readFile(path.join(home, 'calls'), 'utf8')).trimEnd().split('\n'),
    left: () => readdir(temporary),
  }
}

const app = parseContainersStorageReference('containers-storage:[vfs@/g+/r:o=1,p]app')
const image = buildImage()
const rootBytes = image.blobs.get(image.root.digest) ?? new Uint8Array()
const options = { force: false, imageBytes: 1 }

async function copyTo(context: Parameters<typeof openContainersStorageDestination>[1], reference = app) {
  await using to = await openContainersStorageDestination(reference, context)
  for (const [digest, bytes] of image.blobs) {
    const node = { kind: 'layer', mediaType: 'x', digest, size: bytes.byteLength } as const
    if (digest !== image.root.digest) await to.push(node, bytesOf(bytes))
  }
  return await to.commit(image.root, rootBytes, options)
}

describe.skipIf(process.platform === 'win32')('the programs', () => {
  test('skopeo is given a whole image, and its digests', async () => {
    const { context, calls, left } = await machine({
      // What stands in the directory then is written down instead of stored.
      skopeo: `case "$*" in inspect*) echo 'does not resolve to an image ID' >&2; exit 2 ;; esac
        for one; do case $one in dir:*) PATH=$REAL; cat "\${one#dir:}/manifest.json" > ${folder}/manifest; esac; done`,
      podman: '',
    })
    expect(await copyTo(context)).toEqual({ changed: true })
    const [inspect, copy, ...more] = await calls()
    expect(inspect).toBe('inspect --raw containers-storage:[vfs@/g+/r:o=1,p]app')
    expect(copy).toMatch(
      /^--insecure-policy copy --quiet --preserve-digests dir:\/.*\/image containers-storage:\[vfs@\/g\+\/r:o=1,p\]app$/,
    )
    expect(more).toEqual([])
    expect(digestOf(await readFile(path.join(folder, 'manifest')))).toBe(image.root.digest)
    expect(await left()).toEqual([])
  })

  test('the image that is there already is not given again', async () => {
    await writeFile(path.join(folder, 'root'), rootBytes)
    const { context, calls } = await machine({ skopeo: `PATH=$REAL; cat ${folder}/root` })
    expect(await copyTo(context)).toEqual({ changed: false, previous: image.root.digest })
    expect(await calls()).toHaveLength(1)
  })

  test('podman does it where there is no skopeo', async () => {
    const { context, calls, left } = await machine({
      podman: 'case "$*" in *inspect*) echo "Error: app: image not known" >&2; exit 125 ;; *pull*) echo abc ;; esac',
    })
    expect(await copyTo(context)).toEqual({ changed: true })
    const storage = '--storage-driver vfs --root /g --runroot /r --storage-opt o=1 --storage-opt p'
    const [inspect, pull, tag] = await calls()
    expect(inspect).toBe(`${storage} image inspect --format {{.Digest}} docker.io/library/app:latest`)
    expect(pull).toMatch(`${storage} pull --quiet dir:/`)
    expect(tag).toBe(`${storage} tag abc docker.io/library/app:latest`)
    expect(await left()).toEqual([])
  })

  test('where there is neither, the error says what to install', async () => {
    const { context, left } = await machine({})
    const missing = { code: 'program-not-found', hint: expect.stringContaining('install skopeo') }
    await expect(copyTo(context)).rejects.toMatchObject(missing)
    await expect(openContainersStorageSource(app, context)).rejects.toMatchObject(missing)
    expect(await left()).toEqual([])
  })

  test('what one says of its failure is in the error, and nothing is left', async () => {
    const { context, left } = await machine({
      skopeo: `case "$*" in inspect*) echo 'does not resolve to an image ID' >&2; exit 2 ;; esac
        echo 'time="1" level=fatal msg="no space left on device"' >&2; exit 1`,
    })
    await expect(copyTo(context)).rejects.toMatchObject({
      code: 'program-failed',
      message: 'skopeo ended with 1: no space left on device',
    })
    expect(await left()).toEqual([])
  })

  test('an image that is not there is not found', async () => {
    for (const said of ['does not resolve to an image ID', 'Error: app: image not known']) {
      const { context } = await machine({
        [said.startsWith('Error') ? 'podman' : 'skopeo']: `echo '${said}' >&2; exit 1`,
      })
      await using from = await openContainersStorageSource(app, context)
      await expect(from.receive?.(async () => digestOf(new Uint8Array()))).rejects.toMatchObject({
        code: 'image-not-found',
      })
      await expect(from.preview?.()).rejects.toMatchObject({ code: 'image-not-found' })
    }
  })

  test('what cannot be stored is refused before anything is', async () => {
    const { context } = await machine({ skopeo: 'exit 1' })
    await using to = await openContainersStorageDestination(app, context)
    const index = buildIndex({ 'linux/amd64': {}, 'linux/arm64': {} })
    await expect(to.checkCommit?.(index.root, options)).rejects.toMatchObject({ code: 'unsupported' })
    await expect(to.checkCommit?.(image.root, { ...options, expect: 'absent' })).rejects.toMatchObject({
      code: 'unsupported',
    })
    await to.checkCommit?.(image.root, options)
  })
})
