import path from 'node:path'
import { expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { gzippedEmptyLayer } from '../../src/model/empty-layer.ts'
import { dockerSchema1Signed } from '../../src/model/media-types.ts'
import { parseSchema1 } from '../../src/model/schema1.ts'
import { schema1Digest, schema1Payload, verifySchema1 } from '../../src/model/schema1-signature.ts'
import { fromSchema1, signSchema1, toSchema1 } from '../../src/transform/index.ts'
import { newFolder } from '../e2e/lading.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { startRegistry } from '../services/start-registry.ts'
import { type FolderImage, readBlob, readManifest, writeFolder, writeImage } from './image-folder.ts'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const skopeo = async (folder: string, format: string) => {
  const to = path.join(await newFolder(), 'to')
  await peer('skopeo').run(['copy', '--format', format, `dir:${folder}`, `dir:${to}`])
  return to
}
const digests = ({ layers }: FolderImage) => layers.map(({ digest }) => digest)

const history = [
  { created: '2020-01-01T00:00:00Z', created_by: '/bin/sh -c #(nop) ADD <x> & y', comment: 'c' },
  { created: '2020-01-01T00:00:01.100+02:00', created_by: 'ENV', author: 'me <m@e>', empty_layer: true },
  { created_by: 'RUN "\u2028é"' },
]
const config = { os: 'linux', architecture: 'arm64', variant: 'v8', created: '2020-01-02T00:00:00.50Z', history }
/** As Docker 1.8.2 described images: fewer fields, a command that is one text, what nobody knows of. */
const old = {
  ...config,
  docker_version: '1.8.2-fc22',
  container: 'c0924f5b281a',
  container_config: {
    Hostname: 'h',
    Cmd: ['/bin/sh', '-c'],
    PublishService: '',
    Volumes: { '/b': {}, '/a': {} },
    Env: null,
  },
  config: {
    ExposedPorts: { '80/tcp': {} },
    Entrypoint: ['a', '<b>'],
    Cmd: '/bin/sh',
    Labels: { b: '1', a: '2', 9: '<', 10: '' },
    Healthcheck: { Retries: 0, Test: ['NONE'] },
    StopTimeout: 3,
    Tty: true,
  },
  Size: 12,
  unknown: { a: 1 },
}
const recipes: [name: string, layers: string[], config: object][] = [
  ['whose newest step made a layer', ['a', 'b'], config],
  ['whose newest step made none', ['a'], { ...config, history: history.slice(0, 2) }],
  ['of one step', ['a'], { ...config, history: history.slice(0, 1) }],
  ['with one layer twice', ['a', 'a'], config],
  [
    'of fields nobody knows',
    ['a', 'b'],
    { ...config, zero: 0, a: { z: null, b: ['<'] }, parent: 'x', config: { Env: ['A=<'] } },
  ],
  ['of an old Docker', ['a', 'b'], old],
  ['of an old Docker that said little', ['a', 'b'], { ...config, docker_version: '1.7' }],
  ['of the first Docker that says all', ['a', 'b'], { ...old, docker_version: '1.8.3' }],
]

describeWithServices(['skopeo'], 'schema 1 of an image', () => {
  test.each(recipes)('%s has the bytes that skopeo makes', async (_, layers, recipe) => {
    const image = await writeImage(layers, recipe)
    const theirs = await readManifest(await skopeo(image.folder, 'v2s1'))
    expect(verifySchema1(theirs)).toBe(1)
    expect(text(toSchema1('', '', image.config, digests(image)).bytes)).toBe(text(schema1Payload(theirs)))
  })

  test('keeps how numbers are written, as skopeo does', async () => {
    const plain = await writeImage(['a', 'b'], config)
    const spaced = `${text(plain.config).slice(0, -1)} , "n" : [ 1.50, 1e3 , "\\u0041\\/" ] }\n`
    const image = await writeImage(['a', 'b'], spaced)
    const theirs = await readManifest(await skopeo(image.folder, 'v2s1'))
    expect(text(toSchema1('', '', image.config, digests(image)).bytes)).toBe(text(schema1Payload(theirs)))
  })

  test.each(recipes)('%s, signed by us, becomes the image that skopeo makes of it', async (_, layers, recipe) => {
    const image = await writeImage(layers, recipe)
    const made = toSchema1('org/app', 'v1', image.config, digests(image))
    const signed = signSchema1(made.bytes)
    expect(verifySchema1(signed)).toBe(1)
    const blobs = await Promise.all(image.layers.map(({ digest }) => readBlob(image.folder, digest)))
    const folder = await writeFolder(signed, [...blobs, gzippedEmptyLayer])
    const back = await skopeo(folder, 'v2s2')
    const ours = fromSchema1(parseSchema1(signed), image.layers)
    expect(text(ours.config)).toBe(text(await readBlob(back, digestOf(ours.config))))
    expect(text(ours.manifest)).toBe(text(await readManifest(back)))
    expect((await peer('skopeo').run(['manifest-digest', path.join(folder, 'manifest.json')])).trim()).toBe(
      schema1Digest(signed),
    )
  })
})

describeWithServices(['docker-registry', 'skopeo'], 'a registry that takes schema 1', () => {
  test('takes what we sign, and gives it to skopeo by our digest', async () => {
    await using registry = await startRegistry({ schema1: true })
    const image = await writeImage(['a', 'b'], config)
    const repository = `${registry.url}/v2/org/app`
    const made = toSchema1('org/app', 'v1', image.config, digests(image))
    const blobs = await Promise.all(image.layers.map(({ digest }) => readBlob(image.folder, digest)))
    for (const blob of [...blobs, gzippedEmptyLayer]) {
      const begun = await fetch(`${repository}/blobs/uploads/`, { method: 'POST' })
      const upload = new URL(begun.headers.get('location') ?? '')
      upload.searchParams.set('digest', digestOf(blob))
      expect((await fetch(upload, { method: 'PUT', body: Buffer.from(blob) })).status).toBe(201)
    }
    const put = (tag: string, body: Uint8Array) =>
      fetch(`${repository}/manifests/${tag}`, {
        method: 'PUT',
        headers: { 'content-type': dockerSchema1Signed },
        body: Buffer.from(body),
      })
    const answer = await put('v1', signSchema1(made.bytes))
    expect([answer.status, answer.headers.get('docker-content-digest')]).toEqual([201, schema1Digest(made.bytes)])
    expect((await put('v1', made.bytes)).status).toBe(400)

    const to = path.join(await newFolder(), 'to')
    const from = `docker://${registry.host}/org/app@${schema1Digest(made.bytes)}`
    await peer('skopeo').run(['copy', '--src-tls-verify=false', '--format', 'v2s2', from, `dir:${to}`])
    expect(text(fromSchema1(parseSchema1(made.bytes), image.layers).manifest)).toBe(text(await readManifest(to)))
  })

  test('gets the same bytes from us as from skopeo where the image is renamed', async () => {
    await using registry = await startRegistry({ schema1: true })
    const image = await writeImage(['a', 'b'], config)
    const signed = signSchema1(toSchema1('org/app', 'v1', image.config, digests(image)).bytes)
    const blobs = await Promise.all(image.layers.map(({ digest }) => readBlob(image.folder, digest)))
    const folder = await writeFolder(signed, [...blobs, gzippedEmptyLayer])
    const to = `docker://${registry.host}/other/name:v2`
    await peer('skopeo').run(['copy', '--dest-tls-verify=false', `dir:${folder}`, to])
    const raw = new TextEncoder().encode(await peer('skopeo').run(['inspect', '--raw', '--tls-verify=false', to]))
    const ours = { ...parseSchema1(signed), name: 'other/name', tag: 'v2' }
    expect(parseSchema1(raw)).toEqual(ours)
  })
})
