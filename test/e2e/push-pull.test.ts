import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { type CopyEvent, copyImage, inspectImage, pullImage, pushImage } from '../../src/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { runProgram } from '../services/engine-process.ts'
import { servicePath } from '../services/peer.ts'
import { type Engine, startDocker } from '../services/start-docker.ts'
import { startPodman } from '../services/start-podman.ts'
import { lading, newFolder } from './lading.ts'

/** Makes app:v1: a layer with busybox, and one with what it is to say; for podman, whose `commit` wants a policy of the system, one with both. */
async function makeApp(engine: Engine, oneLayer = false): Promise<void> {
  const busybox = servicePath('busybox')
  const files = ['-C', path.dirname(busybox), '-c', path.basename(busybox)]
  const command = 'CMD ["/busybox","cat","/greeting"]'
  const greeting = path.join(await newFolder(), 'greeting')
  await writeFile(greeting, 'it runs\n')
  if (oneLayer) {
    const more = ['-C', path.dirname(greeting), 'greeting']
    await engine.client(
      ['import', '--change', command, '-', 'docker.io/library/app:v1'],
      await runProgram('tar', [...files, ...more], { env: {} }),
    )
    return
  }
  await engine.client(['import', '-', 'base:1'], await runProgram('tar', files, { env: {} }))
  await engine.client(['create', '--network', 'none', '--name', 'made', 'base:1', '/busybox', 'true'])
  await engine.client(['cp', greeting, 'made:/greeting'])
  await engine.client(['commit', '--change', command, 'made', 'app:v1'])
  await engine.client(['rm', 'made'])
}

const run = async (engine: Engine, image: string) =>
  String(await engine.client(['run', '--rm', '--network', 'none', image]))

const engines = [
  ['docker20/bin/dockerd', 'Docker 20.10', () => startDocker({ version: '20.10' }), true],
  ['docker28/bin/dockerd', 'Docker 28 with its own store', () => startDocker({ version: '28', store: 'docker' }), true],
  ['docker28/bin/dockerd', 'Docker 28 with containerd’s store', () => startDocker({ version: '28' }), true],
  ['podman', 'podman', startPodman, false],
] as const

for (const [service, name, start, tellsLayers] of engines) {
  describeWithServices([service, 'busybox'], `an image of ${name}`, () => {
    test('is pushed, removed, pulled, and runs', async () => {
      await using engine = await start()
      await makeApp(engine, name === 'podman')
      const bucket = `local://${await newFolder()}/images//app:v1`
      const events: CopyEvent[] = []
      const options = {
        sourceDaemonHost: engine.host,
        destinationDaemonHost: engine.host,
        onEvent: (event: CopyEvent) => void events.push(event),
      }
      const pushed = await pushImage('app:v1', bucket, options)
      const { kind, platforms } = await inspectImage(bucket)
      expect(kind).toBe('manifest')
      for (const { mediaType } of platforms[0]?.layers ?? []) expect(mediaType).toMatch(/[+.]gzip$/)

      events.length = 0
      const again = await pushImage('app:v1', bucket, options)
      expect(again).toMatchObject({ changed: false, digest: pushed.digest, bytes: { copied: 0 } })
      if (tellsLayers) expect(events.filter(({ type }) => type === 'started')).toEqual([])

      await engine.client(['rmi', '--force', 'app:v1'])
      await expect(run(engine, 'app:v1')).rejects.toThrow(/app:v1/)
      const pulled = await pullImage(bucket, undefined, options)
      expect(pulled).toMatchObject({ changed: true, digest: pushed.digest })
      expect(await run(engine, 'app:v1')).toBe('it runs\n')
      expect(await pullImage(bucket, undefined, options)).toMatchObject({ changed: false })
      expect(await pullImage(bucket, 'org/other:v2', options)).toMatchObject({ changed: true })
      expect(await run(engine, 'org/other:v2')).toBe('it runs\n')
    })
  })
}

describeWithServices(
  ['docker20/bin/dockerd', 'docker28/bin/dockerd', 'podman', 'busybox'],
  'an image in a bucket',
  () => {
    test('keeps its digest when another daemon pushes it', async () => {
      await using first = await startDocker({ version: '20.10' })
      await makeApp(first)
      const bucket = `local://${await newFolder()}/images//app`
      const { digest } = await pushImage('app:v1', `${bucket}:v1`, { sourceDaemonHost: first.host })
      for (const start of [() => startDocker({ version: '28', store: 'docker' }), startPodman]) {
        await using other = await start()
        await pullImage(`${bucket}:v1`, 'app:v1', { destinationDaemonHost: other.host })
        expect(await run(other, 'app:v1')).toBe('it runs\n')
        const pushed = await pushImage('app:v1', `${bucket}:v2`, { sourceDaemonHost: other.host })
        expect(pushed).toMatchObject({ digest, bytes: { copied: 0 } })
      }
    })

    test('with zstd is unpacked for an old daemon, and loaded as it is by a new one', async () => {
      await using old = await startDocker({ version: '20.10' })
      await using current = await startDocker({ version: '28' })
      await makeApp(old)
      const bucket = `local://${await newFolder()}/images//app:v1`
      const options = { sourceDaemonHost: old.host, compression: 'zstd' } as const
      const { digest } = await pushImage('app:v1', bucket, options)
      const there = await pullImage(bucket, 'new:v1', { destinationDaemonHost: current.host })
      expect(there).toMatchObject({ digest })
      expect(await run(current, 'new:v1')).toBe('it runs\n')
      await old.client(['rmi', '--force', 'app:v1'])
      const unpacked = await pullImage(bucket, undefined, { destinationDaemonHost: old.host })
      expect(unpacked.rewritten).toBe('layers unpacked through a temporary file')
      expect(await run(old, 'app:v1')).toBe('it runs\n')
    })

    test('of several platforms is pushed from containerd’s store', async () => {
      await using current = await startDocker({ version: '28' })
      const folder = await newFolder()
      const hello = path.join(import.meta.dirname, '../../examples/hello')
      const { digest } = await copyImage(`oci:${hello}:v1`, `local://${folder}/images//hello:v1`)
      // the daemon takes one platform at a time from us; its own client takes an archive of all
      await copyImage(`oci:${hello}:v1`, `oci-archive:${folder}/hello.tar:docker.io/library/hello:v1`)
      await current.client(['load', '--input', `${folder}/hello.tar`])
      const options = { sourceDaemonHost: current.host, allPlatforms: true }
      const pushed = await pushImage('hello:v1', `local://${folder}/images//all:v1`, options)
      expect(pushed.digest).toBe(digest)
    })
  },
)

test('without a daemon it is said what to do', async () => {
  const folder = await newFolder()
  const { code, stderr } = await lading(['push', 'app:v1', `local://${folder}/images//app:v1`], {
    env: { DOCKER_HOST: `unix://${folder}/no.sock` },
  })
  expect(code).toBe(5)
  expect(stderr).toContain(`${folder}/no.sock`)
  expect(stderr).toMatch(/running|DOCKER_HOST/)
})
