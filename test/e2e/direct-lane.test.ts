import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { copyImage, inspectImage } from '../../src/index.ts'
import { buildImage } from '../../src/testing/build-image.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { serveImage } from '../lanes/copy-with-lanes.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { startProxy } from '../services/start-proxy.ts'
import { startRegistry } from '../services/start-registry.ts'
import { filesBelow, lading, newFolder } from './lading.ts'

const mib = 1024 * 1024
const image = buildImage({ layers: [randomBytes(6 * mib), randomBytes(5 * mib), randomBytes(3000)] })
const large = [...image.blobs].filter(([, bytes]) => bytes.byteLength > 4 * mib).map(([digest]) => digest)

const destinations = [
  ['a bucket', (folder: string) => `local://${folder}/to/bucket//app:v1`],
  ['a layout', (folder: string) => `oci:${folder}/to/layout:v1`],
  ['a directory', (folder: string) => `dir:${folder}/to/directory`],
] as const

describeWithServices(['docker-registry'], 'large layers from a registry', () => {
  async function start() {
    const stack = new AsyncDisposableStack()
    const registry = stack.use(await startRegistry())
    const proxy = stack.use(await startProxy(registry.url))
    const folder = await newFolder()
    await writeLayout(path.join(folder, 'layout'), { v1: image })
    await copyImage(`oci:${folder}/layout:v1`, `${registry.host}/app:v1`)
    return { proxy, folder, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  }

  test.each(
    destinations,
  )('into %s: the output is the same with and without the direct lane', async (_, destination) => {
    await using place = await start()
    const run = async (lanes: string) => {
      const folder = await newFolder()
      const args = ['copy', '--output', 'json', `${place.proxy.host}/app:v1`, destination(folder)]
      const { code, stdout, stderr } = await lading(args, { env: { LADING_LANES: lanes } })
      expect([code, stderr.replaceAll(folder, '')]).toEqual([0, expect.any(String)])
      const { seconds, ...result } = JSON.parse(stdout.replaceAll(folder, ''))
      return { result, files: await filesBelow(folder) }
    }
    expect(await run('')).toEqual(await run('stream'))
  })

  test.each(
    destinations,
  )('into %s, killed in the middle, leave what a second run makes whole', async (_, destination) => {
    await using place = await start()
    const { proxy, folder } = place
    const target = destination(folder)
    for (const digest of large) proxy.fault({ method: 'GET', path: new RegExp(`blobs/${digest}`), hangDown: 2 * mib })
    const run = await lading(['copy', `${proxy.host}/app:v1`, target], {
      during: child =>
        void (async () => {
          const passed = () => proxy.requests.reduce((sum, { responseBytes }) => sum + responseBytes, 0)
          while (passed() < 4 * mib) await sleep(10)
          child.kill('SIGKILL')
        })(),
    })
    expect(run.signal).toBe('SIGKILL')
    await expect(inspectImage(target)).rejects.toMatchObject({ code: expect.stringMatching(/not-found/) })
    proxy.clearFaults()
    await copyImage(`${proxy.host}/app:v1`, target)
    expect((await inspectImage(target)).digest).toBe(image.root.digest)
    const left = await filesBelow(path.join(folder, 'to'))
    expect(left.filter(file => file.includes('lading/') && !file.includes('lading/leases/'))).toEqual([])
    const again = await copyImage(`${proxy.host}/app:v1`, target)
    expect([again.blobs.copied, again.changed]).toEqual([0, false])
  })
})

test('lanes that there are none of are a wrong use of the command', async () => {
  const run = await lading(['copy', 'oci:none:v1', 'oci:other:v1'], { env: { LADING_LANES: 'fast' } })
  expect(run.code).toBe(64)
  expect(run.stderr).toContain('LADING_LANES is "fast"')
})

/** A user namespace is where a mount needs no root. */
const isolated = ['--user', '--map-root-user', '--mount'] as const
const canMount = spawnSync('unshare', [...isolated, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

describe.skipIf(!canMount)('onto a disk that is full [needs unshare and user namespaces]', () => {
  test.each([
    'local://./bucket//app:v1',
    'oci:layout:v1',
    'dir:directory',
  ])('%s says so, and keeps no half of a layer', async target => {
    const registry = await serveImage(image)
    const program = path.join(import.meta.dirname, '../../bin/lading.js')
    const mount = 'cd "$1" && mount -t tmpfs -o size=4m tmpfs . && cd "$1"'
    const script = `${mount} && "$2" "$3" copy --quiet ${registry.host}/app:v1 ${target}; code=$?; find . -type f; exit $code`
    const args = [...isolated, 'sh', '-c', script, 'sh', await newFolder(), process.execPath, program]
    const failure: unknown = await promisify(execFile)('unshare', args).catch(error => error)
    expect(failure).toMatchObject({ code: 6, stderr: expect.stringContaining('no space left on the device') })
    expect(failure).toMatchObject({ stdout: expect.not.stringMatching(/lading\/tmp|index\.json|manifest\.json/) })
  })
})
