import { mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { digestOf } from '../model/digest.ts'
import { type BuiltImage, buildImage } from '../testing/build-image.ts'
import { startFakeRegistry } from '../testing/fake-registry.ts'
import { close, listen } from '../testing/listen.ts'
import { writeLayout } from '../testing/write-layout.ts'
import { copyImage } from './copy-image.ts'

const content = Buffer.alloc(200_000, 'what must not be given away; ')
const digest = digestOf(content)

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lading-test-'))
})

/** Where a vendor has its layer. */
async function vendor(answer: Buffer | 404 | 'lost', breaks = 0) {
  const asked: (string | undefined)[] = []
  let left = breaks
  const server = createServer((request, response) => {
    asked.push(request.headers.authorization)
    if (answer === 404) response.writeHead(404).end()
    else if (answer === 'lost') response.writeHead(302, { location: '/layer' }).end()
    else if (left-- > 0) {
      response.writeHead(200, { 'content-length': answer.byteLength })
      response.write(answer.subarray(0, 100_000), () => response.destroy())
    } else response.writeHead(200, { 'content-length': answer.byteLength }).end(answer)
  })
  const host = await listen(server)
  onTestFinished(() => close(server))
  return { url: `http://${host}/layer`, asked }
}

/** An image whose one layer is named and not there. */
async function foreignImage(urls: readonly string[]): Promise<string> {
  const mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar'
  const whole = buildImage({
    layers: [content],
    manifest: { layers: [{ mediaType, digest, size: content.byteLength, urls }] },
  })
  const image: BuiltImage = { ...whole, blobs: new Map([...whole.blobs].filter(([name]) => name !== digest)) }
  await writeLayout(path.join(folder, 'here'), { v1: image })
  return `oci:${folder}/here:v1`
}

test('a registry gets the manifest without it, and nobody is asked for it', async () => {
  const { url, asked } = await vendor(content)
  await using registry = await startFakeRegistry({ quirks: { acceptsMissingContent: true } })
  const result = await copyImage(await foreignImage([url]), `docker://${registry.host}/app:v1`)
  expect(result.rewritten).toBeUndefined()
  expect(result.blobs).toEqual({ copied: 1, mounted: 0, present: 0 })
  expect(asked).toEqual([])
  const onward = await copyImage(`docker://${registry.host}/app:v1`, `oci:${folder}/onward:v1`)
  expect(onward).toMatchObject({ digest: result.digest, blobs: { copied: 2 } })
  expect(asked).toEqual([undefined])
})

test('elsewhere it is fetched from the first place that has it', async () => {
  const [gone, there] = [await vendor(404), await vendor(content)]
  const result = await copyImage(await foreignImage(['ftp://x/y', gone.url, there.url]), `local://${folder}/b//app:v1`)
  expect(result.blobs.copied).toBe(2)
  expect([gone.asked.length, there.asked.length]).toEqual([1, 1])
})

test('a place that gives no answer is passed over, and so is what is no address', async () => {
  const [lost, there] = [await vendor('lost'), await vendor(content)]
  const image = await foreignImage(['http://[', 'https://', lost.url, there.url])
  const result = await copyImage(image, `oci:${folder}/there:v1`)
  expect(result.blobs.copied).toBe(2)
})

test('a place that gives no answer may have it', async () => {
  const [gone, lost] = [await vendor(404), await vendor('lost')]
  const failing = copyImage(await foreignImage([lost.url, gone.url]), `oci:${folder}/there:v1`)
  await expect(failing).rejects.toMatchObject({ side: 'source', message: expect.stringContaining('redirects') })
})

test('a place that breaks off is asked again, also where it knows no ranges', async () => {
  const there = await vendor(content, 1)
  const result = await copyImage(await foreignImage([there.url]), `oci:${folder}/there:v1`)
  expect(result.blobs.copied).toBe(2)
  expect(there.asked).toHaveLength(2)
})

test('what comes is checked', async () => {
  const { url } = await vendor(Buffer.alloc(content.byteLength, 'x'))
  const failing = copyImage(await foreignImage([url]), `oci:${folder}/there:v1`)
  await expect(failing).rejects.toMatchObject({ code: 'digest-mismatch', side: 'source' })
})

test('where nobody has it, all who were asked are named', async () => {
  const { url } = await vendor(404)
  const failing = copyImage(await foreignImage([url]), `oci:${folder}/there:v1`)
  await expect(failing).rejects.toMatchObject({
    code: 'blob-not-found',
    side: 'source',
    operation: 'read layer',
    message: expect.stringMatching(/answered 404/),
    hint: expect.stringContaining('foreign layer'),
  })
})

test('a metadata server is no place of a layer', async () => {
  const copy = copyImage(await foreignImage(['http://169.254.169.254/latest/meta-data/']), `dir:${folder}/there`)
  await expect(copy).rejects.toMatchObject({
    code: 'protocol-error',
    message: expect.stringContaining('metadata server'),
  })
})
