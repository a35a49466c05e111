import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { copyImage, inspectImage, parsePlatform } from '../../src/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { runProgram } from '../services/engine-process.ts'
import { peer, servicePath } from '../services/peer.ts'
import { startDocker } from '../services/start-docker.ts'
import { startPodman } from '../services/start-podman.ts'
import { startRegistry } from '../services/start-registry.ts'
import { checkout } from '../structure/source-files.ts'
import { fixtures, newFolder } from './lading.ts'

const amd64 = { platforms: [parsePlatform('linux/amd64')] }
const images = [
  ['an OCI image', `oci:${path.join(checkout, 'examples/hello')}:v1`, amd64],
  ['a Docker image', `oci:${path.join(fixtures, 'oci/hello-world-docker-v2-manifest-list')}`, amd64],
  ['an image of many layers', `oci:${path.join(fixtures, 'oci/many-layers')}`, {}],
] as const

/** What stays the same however an image is kept: the config, and so its ID, and the layers where they are not compressed. */
async function identity(image: string) {
  const { platforms } = await inspectImage(image)
  const found = platforms.find(({ platform }) => platform === 'linux/amd64') ?? platforms[0]
  return { config: found?.config?.digest, layers: found?.layers.map(({ digest }) => digest) }
}

describeWithServices(['skopeo'], 'an archive of skopeo and ours', () => {
  test.each(images)('holds %s alike, and each reads what the other wrote', async (_, image, platform) => {
    const folder = await newFolder()
    const at = (name: string) => path.join(folder, name)
    const { config } = await identity(image)
    await copyImage(image, `docker-archive:${at('ours.tar')}:app:v1`, { ...platform, additionalTags: ['app:v2'] })
    const ours = await identity(`docker-archive:${at('ours.tar')}`)
    expect(ours.config).toBe(config)

    const skopeo = peer('skopeo')
    const choice = ['--override-os', 'linux', '--override-arch', 'amd64']
    await skopeo.run([...choice, 'copy', image, `docker-archive:${at('theirs.tar')}:app:v1`])
    const theirs = `docker-archive:${at('theirs.tar')}:app:v1`
    expect(await identity(theirs)).toEqual(ours)
    expect((await inspectImage(theirs)).digest).toBe((await inspectImage(`docker-archive:${at('ours.tar')}`)).digest)

    await skopeo.run(['copy', `docker-archive:${at('ours.tar')}:app:v2`, `dir:${at('onward')}`])
    expect(await identity(`dir:${at('onward')}`)).toEqual(ours)
    // skopeo writes a Docker config anew where it makes an OCI image of it: of both archives the same.
    await skopeo.run(['copy', `docker-archive:${at('ours.tar')}:@0`, `oci:${at('layout')}:ours`])
    await skopeo.run(['copy', `docker-archive:${at('theirs.tar')}`, `oci:${at('layout')}:theirs`])
    expect(await identity(`oci:${at('layout')}:ours`)).toEqual(await identity(`oci:${at('layout')}:theirs`))
    expect(await skopeo.run(['list-tags', `docker-archive:${at('ours.tar')}`])).toContain('docker.io/library/app:v2')
  })

  test('is found unchanged by us, whoever wrote it', async () => {
    const archive = `docker-archive:${path.join(await newFolder(), 'a.tar')}:app:v1`
    const [[, image]] = images
    await peer('skopeo').run(['--override-os', 'linux', '--override-arch', 'amd64', 'copy', image, archive])
    expect(await copyImage(image, archive, amd64)).toMatchObject({ changed: false, blobs: { copied: 0 } })
  })
})

describeWithServices(['docker-registry', 'crane'], 'an archive of crane and ours', () => {
  test.each(images)('holds %s alike, and each reads what the other wrote', async (_, image, platform) => {
    await using registry = await startRegistry()
    const folder = await newFolder()
    const at = (name: string) => path.join(folder, name)
    const { config } = await identity(image)
    await copyImage(image, `docker-archive:${at('ours.tar')}:app:v1`, platform)
    const crane = peer('crane')
    await crane.run(['push', '--insecure', at('ours.tar'), `${registry.host}/app:v1`])
    expect((await identity(`${registry.host}/app:v1`)).config).toBe(config)

    await crane.run(['pull', '--insecure', '--format', 'tarball', `${registry.host}/app:v1`, at('theirs.tar')])
    const pulled = await identity(`${registry.host}/app:v1`)
    const name = `${registry.host}/app:v1`
    expect(await identity(`docker-archive:${at('theirs.tar')}:${name}`)).toEqual(pulled)
    await writeFile(at('theirs.tar.gz'), gzipSync(await readFile(at('theirs.tar'))))
    await copyImage(`docker-archive:${at('theirs.tar.gz')}:${name}`, `oci:${at('layout')}:v1`)
    expect(await identity(`oci:${at('layout')}:v1`)).toEqual(pulled)
  })
})

describe('an archive that an engine saved', () => {
  for (const [service, name, start] of [
    ['docker20/bin/dockerd', 'Docker 20.10', () => startDocker({ version: '20.10' })],
    ['docker28/bin/dockerd', 'Docker 28 with its own store', () => startDocker({ version: '28', store: 'docker' })],
    ['docker28/bin/dockerd', 'Docker 28 with containerd’s store', () => startDocker({ version: '28' })],
    ['podman', 'podman', startPodman],
  ] as const) {
    describeWithServices([service, 'busybox'], name, () => {
      test('goes into a layout and back, and runs', async () => {
        await using engine = await start()
        const folder = await newFolder()
        const at = (file: string) => path.join(folder, file)
        const busybox = servicePath('busybox')
        const files = ['-C', path.dirname(busybox), '-c', path.basename(busybox)]
        await engine.client(['import', '-', 'docker.io/library/tiny:1'], await runProgram('tar', files, { env: {} }))
        const saved = await engine.client(['save', 'docker.io/library/tiny:1'])
        await writeFile(at('saved.tar'), saved)
        await writeFile(at('saved.tar.gz'), gzipSync(saved))

        const { config } = await identity(`docker-archive:${at('saved.tar')}:tiny:1`)
        await copyImage(`docker-archive:${at('saved.tar')}:tiny:1`, `oci:${at('layout')}:seekable`)
        await copyImage(`docker-archive:${at('saved.tar.gz')}`, `oci:${at('layout')}:once`)
        expect((await inspectImage(`oci:${at('layout')}:once`)).digest).toBe(
          (await inspectImage(`oci:${at('layout')}:seekable`)).digest,
        )
        const result = await copyImage(`oci:${at('layout')}:once`, `docker-archive:${at('back.tar')}:again:1`, amd64)
        expect(result.changed).toBe(true)
        expect((await identity(`docker-archive:${at('back.tar')}`)).config).toBe(config)

        await engine.client(['rmi', 'docker.io/library/tiny:1'])
        await engine.client(['load', '-i', at('back.tar')])
        const run = ['run', '--rm', '--network', 'none', 'docker.io/library/again:1', '/busybox', 'echo', 'it runs']
        expect(String(await engine.client(run))).toBe('it runs\n')
        const inspect = ['image', 'inspect', '--format', '{{.Id}}', 'docker.io/library/again:1']
        const id = String(await engine.client(inspect))
          .trim()
          .replace(/^sha256:/, '')
        if (!name.includes('containerd')) expect(`sha256:${id}`).toBe(config)
      })
    })
  }
})

describeWithServices(['docker-registry', 'docker28/bin/dockerd'], 'an image that containerd’s store keeps', () => {
  test('comes out of an archive with the digest that it was pulled by', async () => {
    await using registry = await startRegistry()
    await using engine = await startDocker({ version: '28' })
    const [[, image]] = images
    const name = `${registry.host}/hello:v1`
    await copyImage(image, name)
    const platform = (await inspectImage(name)).platforms.find(each => each.platform === 'linux/amd64')
    await engine.client(['pull', name])
    const saved = path.join(await newFolder(), 'saved.tar')
    await engine.client(['save', '-o', saved, name])
    const { digest, rewritten } = await copyImage(`docker-archive:${saved}:${name}`, `${registry.host}/again:v1`)
    expect({ digest, rewritten }).toEqual({ digest: platform?.digest, rewritten: undefined })
  })
})
