import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { digestParts } from '../model/digest.ts'
import { startFakeRegistry } from '../testing/fake-registry.ts'
import { fakeCredentials } from '../testing/fake-registry-auth.ts'
import { sayJson, startScriptedDocker } from '../testing/scripted-docker.ts'
import { copyImage } from './copy-image.ts'
import { deleteImage } from './delete-image.ts'
import { listTags } from './list-tags.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-delete-'))
afterAll(() => rm(folder, { recursive: true }))
const hello = `oci:${path.join(import.meta.dirname, '../../examples/hello')}:v1`
const platform = (architecture: string) => ({ platforms: [{ os: 'linux', architecture }] })

describe('in a registry', () => {
  test('the manifest goes by its digest, with all its tags', async () => {
    await using registry = await startFakeRegistry()
    const { digest } = await copyImage(hello, `${registry.host}/app:v1`)
    await copyImage(hello, `${registry.host}/app:same`)
    await copyImage(hello, `${registry.host}/app:other`, platform('amd64'))
    registry.requests.length = 0
    expect(await deleteImage(`${registry.host}/app:v1`)).toEqual({ reference: `${registry.host}/app:v1`, digest })
    expect(registry.requests.map(({ method, path: at }) => `${method} ${at}`)).toEqual([
      'HEAD /v2/app/manifests/v1',
      `DELETE /v2/app/manifests/${digest}`,
    ])
    expect(await Array.fromAsync(listTags(`${registry.host}/app`))).toEqual(['other'])
    await expect(deleteImage(`${registry.host}/app:v1`)).rejects.toMatchObject({ code: 'image-not-found' })
  })

  test('a token allows it, which is asked for', async () => {
    await using registry = await startFakeRegistry({ auth: 'token' })
    const authFile = path.join(folder, 'auth.json')
    const auth = btoa(`${fakeCredentials.username}:${fakeCredentials.password}`)
    await writeFile(authFile, JSON.stringify({ auths: { [registry.host]: { auth } } }))
    await copyImage(hello, `${registry.host}/app:v1`, { authFile })
    await deleteImage(`${registry.host}/app:v1`, { authFile })
    expect(registry.repository('app').tags.size).toBe(0)
    expect(registry.requests.some(({ path: at }) => decodeURIComponent(at).includes('repository:app:*'))).toBe(true)
  })

  test('one that registries.conf blocks is asked nothing', async () => {
    await using registry = await startFakeRegistry()
    await copyImage(hello, `${registry.host}/app:v1`)
    registry.requests.length = 0
    const registriesConf = path.join(folder, 'registries.conf')
    await writeFile(registriesConf, `[[registry]]\nlocation = "${registry.host}"\nblocked = true\n`)
    await expect(deleteImage(`${registry.host}/app:v1`, { registriesConf })).rejects.toMatchObject({ code: 'blocked' })
    expect(registry.requests).toEqual([])
  })

  test('one that deletes nothing is told of, with what to do', async () => {
    await using registry = await startFakeRegistry({ quirks: { deletesNothing: true } })
    await copyImage(hello, `${registry.host}/app:v1`)
    await expect(deleteImage(`${registry.host}/app:v1`)).rejects.toMatchObject({
      code: 'unsupported',
      side: 'destination',
      operation: 'delete',
      hint: expect.stringContaining('REGISTRY_STORAGE_DELETE_ENABLED=true'),
    })
    expect(registry.repository('app').tags.size).toBe(1)
  })
})

describe('in an OCI layout', () => {
  async function newLayout() {
    const layout = await mkdtemp(path.join(folder, 'layout-'))
    const whole = await copyImage(hello, `oci:${layout}:whole`)
    const part = await copyImage(hello, `oci:${layout}:part`, platform('amd64'))
    const blobs = async () => (await readdir(path.join(layout, 'blobs/sha256'))).sort()
    const file = (digest: typeof whole.digest) => path.join(layout, 'blobs/sha256', digestParts(digest).hex)
    return { layout, whole, part, blobs, file }
  }

  test('what another entry names stays, and the rest goes with the last name', async () => {
    const { layout, whole, blobs, file } = await newLayout()
    const before = await blobs()
    await copyImage(hello, `oci:${layout}:again`)
    expect((await deleteImage(`oci:${layout}:whole`)).digest).toBe(whole.digest)
    expect(await blobs()).toEqual(before)
    await deleteImage(`oci:${layout}:again`)
    await expect(readFile(file(whole.digest))).rejects.toThrow('ENOENT')
    const copied = await copyImage(`oci:${layout}:part`, `oci:${layout}-onward:part`)
    expect(await blobs()).toHaveLength(copied.blobs.copied + 1)
    await expect(deleteImage(`oci:${layout}:whole`)).rejects.toMatchObject({ code: 'image-not-found' })
  })

  test('nothing is removed where it cannot be told what is still needed', async () => {
    const { layout, blobs } = await newLayout()
    const before = await blobs()
    const index = JSON.parse(await readFile(path.join(layout, 'index.json'), 'utf8'))
    for (const entry of index.manifests) entry.mediaType = 'application/vnd.oci.image.manifest.v1+json'
    await writeFile(path.join(layout, 'index.json'), JSON.stringify(index))
    await expect(deleteImage(`oci:${layout}:part`)).rejects.toMatchObject({ hint: 'nothing was removed' })
    expect(await blobs()).toEqual(before)
    expect(JSON.parse(await readFile(path.join(layout, 'index.json'), 'utf8'))).toEqual(index)
  })
})

test('in Docker the name is removed, and what Docker says is passed on', async () => {
  await using docker = await startScriptedDocker({
    answers: {
      'DELETE /images/docker.io/library/app:v1': sayJson([{ Untagged: 'app:v1' }]),
      'DELETE /images/docker.io/library/used:v1': sayJson({ message: 'conflict: a container is using it' }, 409),
    },
  })
  const options = { destinationDaemonHost: `http://${docker.host}` }
  expect(await deleteImage('docker-daemon:app:v1', options)).toEqual({
    reference: 'docker-daemon:docker.io/library/app:v1',
  })
  await expect(deleteImage('docker-daemon:used:v1', options)).rejects.toMatchObject({
    message: expect.stringContaining('a container is using it'),
  })
  await expect(deleteImage('docker-daemon:none:v1', options)).rejects.toMatchObject({ code: 'image-not-found' })
})

test.each([
  ['dir:somewhere', 'remove the file or the directory'],
  ['docker-archive:a.tar', 'remove the file or the directory'],
])('%s is not deleted from', async (reference, hint) => {
  await expect(deleteImage(reference)).rejects.toMatchObject({
    code: 'unsupported',
    operation: 'delete',
    hint: expect.stringContaining(hint),
  })
})

test('a condition and a dry run are for the tags of buckets', async () => {
  for (const options of [{ dryRun: true }, { expect: `sha256:${'a'.repeat(64)}` as const }]) {
    await expect(deleteImage('localhost:1/app:v1', options)).rejects.toMatchObject({ code: 'unsupported' })
  }
})
