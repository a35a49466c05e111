import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { changeAuthFile } from '../../src/auth/auth-file-write.ts'
import { changeConfig, cleanBucket, initStore, restoreTag, rollbackTag, tagImage } from '../../src/bucket/index.ts'
import { writeDigestFile } from '../../src/cli/write-digest-file.ts'
import type { CopyOptions } from '../../src/copy/copy-options.ts'
import { copyImage, deleteImage } from '../../src/copy/index.ts'
import { openIndexCache } from '../../src/copy/index-cache.ts'
import { rememberingDestination } from '../../src/copy/layer-cache.ts'
import { digestOf } from '../../src/model/digest.ts'
import { ociLayerGzip } from '../../src/model/media-types.ts'
import { triedCapabilities } from '../../src/stores/capabilities.ts'
import { bytesOf, readAll, spool } from '../../src/streams/index.ts'
import { buildImage, buildIndex } from '../../src/testing/build-image.ts'
import { memoryDestination } from '../../src/testing/memory-image.ts'
import type { Place, World } from './place.ts'
import { readWhole } from './read-whole.ts'

const layerOf = (name: string, times: number) => new TextEncoder().encode(`${name} `.repeat(times))

/** What the source holds: names that stand for images that share a layer. */
export const images = {
  before: buildImage({ layers: [layerOf('base', 20_000), layerOf('before', 9)] }),
  after: buildImage({ layers: [layerOf('base', 20_000), layerOf('after', 20_000), layerOf('small', 1)] }),
  index: buildIndex({
    'linux/amd64': { layers: [layerOf('base', 20_000), layerOf('amd64', 9)] },
    'linux/arm64': { layers: [layerOf('base', 20_000), layerOf('arm64', 20_000)] },
  }),
}

const before = ({ source }: World) => `oci:${source}:before`
const after = ({ source }: World) => `oci:${source}:after`
const index = ({ source }: World) => `oci:${source}:index`

type Name = (world: World) => string
const bucket: (name: string) => Name = name => world => `local://${world.there}//${name}`
const layout: (name: string) => Name = name => world => `oci:${world.there}:${name}`
const archive: (name: string) => Name = name => world => `oci-archive:${path.join(world.there, 'images.tar')}:${name}`
const docker: Name = world => `docker-archive:${path.join(world.there, 'image.tar')}:app:v1`
const dir: Name = world => `dir:${world.there}`
const file = (world: World) => path.join(world.there, 'file')

/** A copy into a place that already holds what `held` says, and has the names that are looked at. */
function copyPlace(
  name: string,
  [from, to]: readonly [Name, Name],
  held: readonly [Name, Name][],
  options: CopyOptions = {},
): Place {
  const names = [...new Set([...held.map(([, place]) => place), to])]
  return {
    name,
    async prepare(world) {
      for (const [image, place] of held) await copyImage(image(world), place(world))
    },
    act: world => copyImage(from(world), to(world), options),
    see: world => readWhole(...names.map(place => place(world))),
  }
}

const tagged: readonly [Name, Name][] = [
  [before, bucket('app:held')],
  [before, bucket('app:moved')],
]

/** What is done to a bucket that holds two tags, of which `app:moved` had two images. */
function bucketPlace(name: string, act: Place['act'], names: readonly string[], doneAlready?: string): Place {
  return {
    name,
    async prepare(world) {
      for (const [image, place] of tagged) await copyImage(image(world), place(world))
      await copyImage(index(world), bucket('app:moved')(world))
      await copyImage(after(world), bucket('app:deleted')(world))
      await deleteImage(bucket('app:deleted')(world))
    },
    act,
    see: world => readWhole(...names.map(one => bucket(one)(world))),
    ...(doneAlready === undefined ? {} : { doneAlready }),
  }
}

async function textOf(name: string): Promise<Record<string, string>> {
  const found = await readFile(name, 'utf8').catch(() => undefined)
  if (found === undefined) return {}
  return { content: found, mode: ((await stat(name)).mode & 0o777).toString(8) }
}

const cacheOf = (world: World) => ({ XDG_CACHE_HOME: world.there })
const someBytes = new TextEncoder().encode('{"some":"document"}')
const variant = { mediaType: ociLayerGzip, digest: digestOf(someBytes), size: 4 }
const diffId = digestOf(new Uint8Array(1))
const target = { endpoint: 'https://s3.example', bucket: 'images' }
const remembering = async (world: World) => {
  const destination = memoryDestination()
  destination.stored.set(variant.digest, new Uint8Array(4))
  return rememberingDestination(destination, cacheOf(world))
}

/** Every place that lading writes files to. */
export const writtenPlaces: readonly Place[] = [
  copyPlace('a new tag in a bucket', [index, bucket('app:new')], [[before, bucket('app:held')]]),
  copyPlace('a tag in a bucket that moves', [after, bucket('app:moved')], tagged),
  copyPlace('a new bucket', [after, bucket('app:new')], []),
  copyPlace('a copy within a bucket', [bucket('app:held'), bucket('other:new')], tagged),
  bucketPlace(
    'a tag in a bucket that is deleted',
    world => deleteImage(bucket('app:moved')(world)),
    ['app:held', 'app:moved'],
    'image-not-found',
  ),
  bucketPlace(
    'a tag in a bucket that is restored',
    world => restoreTag(bucket('app:deleted')(world)),
    ['app:held', 'app:deleted'],
    'image-not-found',
  ),
  bucketPlace(
    'a tag in a bucket that is rolled back',
    world => rollbackTag(bucket('app:moved')(world), { to: images.before.root.digest }),
    ['app:held', 'app:moved'],
  ),
  bucketPlace('a second tag in a bucket', world => tagImage(bucket('app:held')(world), 'second'), [
    'app:held',
    'app:second',
  ]),
  bucketPlace(
    'a bucket that is cleaned',
    world => cleanBucket(`local://${world.there}//`, { confirm: true, graceSeconds: 0, keepTrashSeconds: 0 }),
    ['app:held', 'app:moved'],
  ),
  {
    name: 'a bucket that is made',
    act: world => initStore({ local: world.there }),
    see: world => textOf(path.join(world.there, 's3lo.yaml')),
  },
  {
    name: "a bucket's configuration",
    prepare: async world => void (await initStore({ local: world.there })),
    act: world => changeConfig(`local://${world.there}//`, { keep_history: '7' }),
    see: world => textOf(path.join(world.there, 's3lo.yaml')),
  },
  copyPlace('a new oci: layout', [index, layout('new')], []),
  copyPlace(
    'a name in an oci: layout that moves',
    [after, layout('moved')],
    [
      [before, layout('moved')],
      [index, layout('held')],
    ],
  ),
  copyPlace('a new oci-archive:', [index, archive('new')], []),
  copyPlace('a name more in an oci-archive:', [after, archive('new')], [[before, archive('held')]]),
  copyPlace('a new dir:', [index, dir], []),
  copyPlace('an image in a dir: that is replaced', [after, dir], [[index, dir]]),
  copyPlace('a new docker-archive:', [after, docker], []),
  copyPlace('a docker-archive: that is replaced', [after, docker], [[before, docker]], { force: true }),
  {
    name: 'an authentication file',
    prepare: world => writeAuth(world, 'before'),
    act: world => writeAuth(world, 'after'),
    see: world => textOf(file(world)),
  },
  {
    name: 'a new authentication file',
    act: world => writeAuth(world, 'after'),
    see: world => textOf(file(world)),
  },
  {
    name: 'a digest file',
    prepare: world => writeDigestFile(file(world), 'sha256:before'),
    act: world => writeDigestFile(file(world), 'sha256:after'),
    see: world => textOf(file(world)),
  },
  {
    name: 'the folder of large layers whose digest is not known yet',
    async act(world) {
      const content = Buffer.alloc(9 << 20, 'layer')
      await using kept = await spool(bytesOf(content).open(), world.there)
      const read = Buffer.from(await readAll(kept.bytes.open(), content.byteLength, 'a layer'))
      if (!read.equals(content)) throw new Error('other bytes come back')
    },
    see: async () => ({}),
  },
  {
    name: 'the cache of indexes',
    isCache: true,
    act: world => openIndexCache(cacheOf(world)).write(digestOf(someBytes), someBytes),
    async see(world) {
      const found = await openIndexCache(cacheOf(world)).read(digestOf(someBytes))
      return found === undefined ? {} : { index: Buffer.from(found).toString() }
    },
  },
  {
    name: 'the cache of compressed layers',
    isCache: true,
    async act(world) {
      await (await remembering(world)).rememberVariant?.(diffId, variant)
    },
    async see(world) {
      const found = (await (await remembering(world)).variants?.(diffId)) ?? []
      return found.length === 0 ? {} : { layer: found[0]?.digest ?? '' }
    },
  },
  {
    name: 'the cache of what stores can do',
    isCache: true,
    act: world => triedCapabilities(target, cacheOf(world)).learn({ ifMatch: true }),
    see: async world => ({ ifMatch: String((await triedCapabilities(target, cacheOf(world)).known()).ifMatch) }),
  },
]

/** Every place that lading reads files of, whole or not at all. */
export const readPlaces: readonly Place[] = (
  [
    ['a bucket', index, bucket('app:v1')],
    ['an oci: layout', index, layout('v1')],
    ['an oci-archive:', index, archive('v1')],
    ['a dir:', index, dir],
    ['a docker-archive:', after, docker],
  ] as const
).map(([name, image, place]) => ({
  name: `${name} that is read`,
  prepare: async world => void (await copyImage(image(world), place(world))),
  act: world => copyImage(place(world), `oci:${world.folder}/read:v1`),
  see: world => readWhole(place(world), `oci:${world.folder}/read:v1`),
}))

async function writeAuth(world: World, password: string): Promise<void> {
  await changeAuthFile(file(world), document => {
    document.auths = { 'registry.example': { auth: Buffer.from(`user:${password}`).toString('base64') } }
    return true
  })
}
