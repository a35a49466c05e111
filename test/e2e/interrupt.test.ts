import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { copyImage, inspectImage } from '../../src/index.ts'
import { buildImage } from '../../src/testing/build-image.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { startProxy, type TestProxy } from '../services/start-proxy.ts'
import { startRegistry } from '../services/start-registry.ts'
import { filesBelow, lading, newFolder } from './lading.ts'

const small = new Uint8Array(3000).fill(1)
const large = new Uint8Array(4_000_000).fill(2)

describeWithServices(['docker-registry'], 'a copy that is stopped in the middle of a layer', () => {
  /** A registry with an image of a small and a large layer, behind a proxy that never ends the large one. */
  async function stuck(): Promise<
    AsyncDisposable & { proxy: TestProxy; folder: string; digest: string; release(): void }
  > {
    const stack = new AsyncDisposableStack()
    const registry = stack.use(await startRegistry())
    const proxy = stack.use(await startProxy(registry.url))
    const folder = await newFolder()
    const image = buildImage({ layers: [small, large] })
    await writeLayout(path.join(folder, 'layout'), { v1: image })
    await copyImage(`oci:${folder}/layout:v1`, `${registry.host}/app:v1`)
    const largest = [...image.blobs].find(([, bytes]) => bytes.byteLength === large.byteLength)?.[0]
    proxy.fault({ method: 'GET', path: new RegExp(`blobs/${largest}`), hangDown: 1_000_000 })
    return {
      proxy,
      folder,
      digest: image.root.digest,
      release: () => proxy.clearFaults(),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  }

  /** Waits until the large layer is on its way and everything else has arrived. */
  async function underWay({ proxy, folder }: { proxy: TestProxy; folder: string }): Promise<void> {
    for (;;) {
      const passed = proxy.requests.reduce((sum, { responseBytes }) => sum + responseBytes, 0)
      const files = await filesBelow(path.join(folder, 'bucket')).catch(() => [])
      if (passed > 1_000_000 && files.filter(file => file.startsWith('blobs/')).length === 2) return
      await sleep(10)
    }
  }

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s ends with %i, leaves no temporary file, and goes on from there', async (signal, code) => {
    await using place = await stuck()
    const target = `local://${place.folder}/bucket//app:v1`
    const run = await lading(['copy', `${place.proxy.host}/app:v1`, target], {
      during: child => void underWay(place).then(() => child.kill(signal)),
    })
    expect(run.code).toBe(code)
    expect(run.stderr).toContain('interrupted')
    expect(run.stdout).toBe('')
    const left = await filesBelow(path.join(place.folder, 'bucket'))
    expect(left.filter(file => file.startsWith('lading/') || file.startsWith('manifests/'))).toEqual([])

    place.release()
    const again = await copyImage(`${place.proxy.host}/app:v1`, target)
    expect(again.blobs).toMatchObject({ copied: 1, present: 2 })
    expect((await inspectImage(target)).digest).toBe(place.digest)
  })

  test('by SIGKILL leaves no tag, and the next run moves only what is missing', async () => {
    await using place = await stuck()
    const target = `local://${place.folder}/bucket//app:v1`
    const run = await lading(['copy', `${place.proxy.host}/app:v1`, target], {
      during: child => void underWay(place).then(() => child.kill('SIGKILL')),
    })
    expect(run.signal).toBe('SIGKILL')
    expect((await filesBelow(path.join(place.folder, 'bucket'))).filter(file => file.startsWith('manifests/'))).toEqual(
      [],
    )

    place.release()
    const again = await copyImage(`${place.proxy.host}/app:v1`, target)
    expect(again.blobs).toMatchObject({ copied: 1, present: 2 })
    const left = await filesBelow(path.join(place.folder, 'bucket'))
    // Nobody can tell yet that who held the lease is dead: it expires.
    expect(left.filter(file => file.startsWith('lading/'))).toEqual([expect.stringMatching(/^lading\/leases\//)])
  })
})
