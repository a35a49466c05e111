import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyImage, inspectImage, type Platform } from '../../src/index.ts'
import { type BuiltImage, buildIndex } from '../../src/testing/build-image.ts'
import { openTestContext } from '../../src/testing/registry-context.ts'
import { tarArchive } from '../../src/testing/tar-blocks.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { openDockerDaemonDestination } from '../../src/transports/docker-daemon/destination.ts'
import { parseDockerDaemonReference } from '../../src/transports/docker-daemon/reference.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { engineKinds } from '../services/engine-kinds.ts'
import type { Engine } from '../services/start-docker.ts'
import { startRegistry } from '../services/start-registry.ts'
import { busyboxImage } from './busybox-image.ts'
import { newFolder } from './lading.ts'

type EngineName = (typeof engineKinds)[number]['name']
const names = engineKinds.map(({ name }) => name)
const services = [...new Set(engineKinds.map(({ service }) => service))]
const layer = (body: string) => tarArchive({ name: 'content', body })
const host: Platform = { os: 'linux', architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' }

describeWithServices([...services, 'busybox'], 'images that Docker and podman run', () => {
  const engines = {} as Record<EngineName, Engine>
  let folder: string
  let image: BuiltImage
  let origin: string

  beforeAll(async () => {
    folder = await newFolder()
    image = await busyboxImage('from afar')
    await writeLayout(path.join(folder, 'layout'), { v1: image })
    origin = `oci:${folder}/layout:v1`
    await Promise.all(
      engineKinds.map(async ({ name, start }) => {
        engines[name] = await start()
      }),
    )
  })
  afterAll(() => Promise.all(Object.values(engines).map(engine => engine.stop())))

  const into = (name: EngineName) => ({ destinationDaemonHost: engines[name].host })
  const outOf = (name: EngineName) => ({ sourceDaemonHost: engines[name].host })
  const client = async (name: EngineName, ...args: string[]) => String(await engines[name].client(args))
  const run = (name: EngineName, what: string) => client(name, 'run', '--rm', '--network', 'none', what)
  const config = async (reference: string, options = {}) =>
    (await inspectImage(reference, options)).platforms[0]?.config?.digest

  describe.each(names)('%s', from => {
    test.each(names)('gives an image to a bucket, and %s runs it from there', async to => {
      const tag = `${names.indexOf(from)}${names.indexOf(to)}`
      const bucket = `local://${folder}/bucket//moved:${tag}`
      await copyImage(origin, `docker-daemon:origin:${tag}`, into(from))
      expect(await copyImage(`docker-daemon:origin:${tag}`, bucket, outOf(from))).toMatchObject({ changed: true })
      const loaded = await copyImage(bucket, `docker-daemon:moved:${tag}`, into(to))
      expect(loaded).toMatchObject({ changed: true })
      expect(await run(to, `docker.io/library/moved:${tag}`)).toBe('from afar\n')
      expect(await config(bucket)).toBe(await config(origin))
      expect(await copyImage(bucket, `docker-daemon:moved:${tag}`, into(to))).toMatchObject({
        changed: false,
        blobs: { copied: 0 },
      })
    })

    test.each(['none', 'gzip', 'zstd'] as const)('takes layers of compression %s', async compression => {
      const bucket = `local://${folder}/bucket//compressed:${compression}`
      await copyImage(origin, bucket, { compression })
      await client(from, 'rmi', '--force', `forms:${compression}`).catch(() => {})
      await copyImage(bucket, `docker-daemon:forms:${compression}`, into(from))
      expect(await run(from, `docker.io/library/forms:${compression}`)).toBe('from afar\n')
    })

    test('gives a bucket that has its lower layers only the others', async () => {
      const at = names.indexOf(from)
      const next = await busyboxImage(`again from ${at}`)
      await writeLayout(path.join(folder, `next-${at}`), { v1: next })
      for (const layout of ['layout', `next-${at}`]) {
        await copyImage(`oci:${folder}/${layout}:v1`, `docker-daemon:layered:${layout}`, into(from))
      }
      const bucket = `local://${folder}/layered-${at}//app`
      const options = outOf(from)
      await copyImage('docker-daemon:layered:layout', `${bucket}:1`, options)
      const second = await copyImage(`docker-daemon:layered:next-${at}`, `${bucket}:2`, options)
      expect(second.bytes.copied).toBeLessThan(10_000)
    })

    test('takes several names at once', async () => {
      const additionalTags = ['more:1', 'localhost:5000/deep/name:2']
      await copyImage(origin, 'docker-daemon:named:0', { ...into(from), additionalTags })
      for (const name of ['docker.io/library/named:0', 'docker.io/library/more:1', 'localhost:5000/deep/name:2'])
        expect(await run(from, name)).toBe('from afar\n')
      const again = await copyImage(origin, 'docker-daemon:named:0', { ...into(from), additionalTags })
      expect(again.changed).toBe(false)
      const more = { ...into(from), additionalTags: ['more:2'] }
      expect((await copyImage(origin, 'docker-daemon:named:0', more)).changed).toBe(true)
    })

    test('gives an image by its ID', async () => {
      await copyImage(origin, 'docker-daemon:by-id:1', into(from))
      const format = ['--format', '{{.Id}}']
      const id = (await client(from, 'image', 'inspect', ...format, 'docker.io/library/by-id:1')).trim()
      const source = `docker-daemon:sha256:${id.replace('sha256:', '')}`
      await copyImage(source, `oci:${folder}/by-id:${names.indexOf(from)}`, outOf(from))
      expect(await config(`oci:${folder}/by-id:${names.indexOf(from)}`)).toBe(await config(origin))
    })

    test('has nothing of an image that was not committed', async () => {
      const reference = parseDockerDaemonReference('docker-daemon:unfinished:1')
      await using test = openTestContext()
      const context = { ...test.context, daemonHost: engines[from].host }
      const to = await openDockerDaemonDestination(reference, context)
      const manifest = JSON.parse(new TextDecoder().decode(image.blobs.get(image.root.digest)))
      for (const layer of manifest.layers) {
        const bytes = image.blobs.get(layer.digest) ?? new Uint8Array()
        const body = {
          size: bytes.byteLength,
          open: async function* () {
            yield bytes
          },
        }
        await to.push({ ...layer, kind: 'layer' }, body)
      }
      await to[Symbol.asyncDispose]()
      expect(await client(from, 'images')).not.toContain('unfinished')
      await copyImage(origin, 'docker-daemon:unfinished:2', into(from))
    })

    test('says that it has no such image, and what it has', async () => {
      await copyImage(origin, 'docker-daemon:present:1', into(from))
      await expect(copyImage('docker-daemon:absent', `oci:${folder}/x:1`, outOf(from))).rejects.toMatchObject({
        code: 'image-not-found',
        side: 'source',
        subject: 'docker-daemon:docker.io/library/absent:latest',
        hint: expect.stringMatching(/^build it or `docker pull absent:latest`; it has /),
      })
    })
  })
})

describeWithServices(
  ['docker28/bin/dockerd', 'docker-registry', 'busybox'],
  'an image of several platforms in containerd’s store',
  () => {
    test('is copied as far as it is there', async () => {
      await using registry = await startRegistry()
      await using engine = await engineKinds[2].start()
      const folder = await newFolder()
      const other = host.architecture === 'arm64' ? 'amd64' : 'arm64'
      const index = buildIndex({
        'linux/amd64': { layers: [layer('amd64')] },
        'linux/arm64': { layers: [layer('arm64')] },
      })
      await writeLayout(path.join(folder, 'layout'), { v1: index })
      const name = `${registry.host}/several:1`
      await copyImage(`oci:${folder}/layout:v1`, name)
      await engine.client(['pull', name])
      const options = { sourceDaemonHost: engine.host }
      const copied = await copyImage(`docker-daemon:${name}`, `oci:${folder}/out:v1`, options)
      const root = JSON.parse(new TextDecoder().decode(index.blobs.get(index.root.digest)))
      const ours = root.manifests.find(
        ({ platform }: { platform: Platform }) => platform.architecture === host.architecture,
      )
      expect(copied.digest).toBe(ours.digest)
      await expect(
        copyImage(`docker-daemon:${name}`, `oci:${folder}/out:v2`, {
          ...options,
          platforms: [{ os: 'linux', architecture: other }],
        }),
      ).rejects.toMatchObject({ code: 'platform-not-found' })
    })
  },
)
