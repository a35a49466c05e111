import { describe, expect, test } from 'vitest'
import { digestOf } from '../../model/digest.ts'
import { parseManifest } from '../../model/manifest.ts'
import { archiveReaders } from '../../testing/archive-readers.ts'
import { type BuiltImage, buildImage, buildIndex } from '../../testing/build-image.ts'
import { type ArchiveStyle, dockerArchive, hybridArchive } from '../../testing/docker-archive.ts'
import { type RawEntry, tarArchive } from '../../testing/tar-blocks.ts'
import type { WantedImage } from './find-archived-image.ts'
import { resolveArchive } from './resolve-archive.ts'

const layer = (fill: number, size = 3000) => new Uint8Array(size).fill(fill)
const plain = 'application/vnd.oci.image.layer.v1.tar'

describe.each(Object.entries(archiveReaders))('an archive %s', (_, open) => {
  const resolve = async (entries: readonly RawEntry[], wanted: WantedImage = {}) =>
    resolveArchive(await open(tarArchive(...entries)), wanted)

  test.each<ArchiveStyle>([
    'classic',
    'containers',
    'crane',
    'docker-25',
  ])('of %s gives one image, with the layers as they lie in it', async style => {
    const repeated = layer(1)
    const { entries, config, layers } = dockerArchive({ style, layers: [repeated, layer(2), repeated] })
    const { root, config: configDigest, documents } = await resolve(entries, { name: 'docker.io/library/app:v1' })
    expect(configDigest).toBe(digestOf(config))
    expect(Buffer.from(documents.get(configDigest) ?? [])).toEqual(Buffer.from(config))
    expect(root.kind).toBe('manifest')
    const manifest = documents.get(root.digest)
    if (style === 'docker-25') {
      // Its own manifest is a blob of the archive.
      expect(entries.map(({ name }) => name)).toContain(`blobs/sha256/${root.digest.slice('sha256:'.length)}`)
      return
    }
    const parsed = parseManifest(manifest ?? new Uint8Array())
    const [first, second] = [...layers].map(([hex, bytes]) => ({
      kind: 'layer',
      mediaType: style === 'crane' ? `${plain}+gzip` : plain,
      digest: `sha256:${hex}`,
      size: bytes.byteLength,
    }))
    expect(parsed).toMatchObject({ config: { digest: configDigest }, layers: [first, second, first] })
  })

  test('gives the same manifest every time, whoever wrote the archive', async () => {
    const layers = [layer(3), layer(4)]
    const roots = await Promise.all(
      (['classic', 'containers', 'classic'] as const).map(
        async style => (await resolve(dockerArchive({ style, layers }).entries)).root.digest,
      ),
    )
    expect(new Set(roots).size).toBe(1)
  })

  describe('with containerd’s images', () => {
    const platforms = { 'linux/amd64': { layers: [layer(5)] }, 'linux/arm64': { layers: [layer(6)] } }
    const index = buildIndex(platforms, { attestations: true })
    const amd64 = buildImage({ platform: 'linux/amd64', layers: [layer(5)] })
    const { config, layers } = parseManifest(amd64.blobs.get(amd64.root.digest) ?? new Uint8Array()) as {
      config: { digest: string }
      layers: { digest: string }[]
    } & ReturnType<typeof parseManifest>
    const named = { config: config.digest, layers: layers.map(({ digest }) => digest) }
    const without = (image: BuiltImage, ...gone: Uint8Array[]): BuiltImage => ({
      root: image.root,
      blobs: new Map([...image.blobs].filter(([digest]) => !gone.some(bytes => digestOf(bytes) === digest))),
    })

    test('gives the index, where all of it was saved', async () => {
      expect((await resolve(hybridArchive(index, named))).root).toEqual(index.root)
    })
    test('gives the manifest of the only platform that was saved', async () => {
      const { root } = await resolve(hybridArchive(without(index, layer(6)), named))
      expect(root).toEqual(amd64.root)
    })
    test('makes a manifest where the image’s own has a layer that was not saved so', async () => {
      const unpacked = [{ name: 'unpacked', body: layer(5) }]
      const entries = hybridArchive(without(index, layer(5)), { ...named, layers: [] })
      const archive = [
        ...unpacked,
        ...entries.filter(({ name }) => name !== 'manifest.json'),
        {
          name: 'manifest.json',
          body: JSON.stringify([{ Config: `blobs/${named.config.replace(':', '/')}`, Layers: ['unpacked'] }]),
        },
      ]
      const { root, documents } = await resolve(archive)
      expect(documents.has(root.digest)).toBe(true)
      expect(parseManifest(documents.get(root.digest) ?? new Uint8Array())).toMatchObject({
        config: { digest: named.config },
        layers: [{ digest: digestOf(layer(5)) }],
      })
    })
    test('believes no manifest that is not what its name says', async () => {
      const forged = without(index)
      const other = buildImage({ platform: 'linux/amd64', layers: [layer(9)] })
      const blobs = new Map(forged.blobs).set(index.root.digest, other.blobs.get(other.root.digest) ?? new Uint8Array())
      const { root, documents } = await resolve(hybridArchive({ root: index.root, blobs }, named))
      expect(documents.has(root.digest)).toBe(true)
    })
    test('reads an index.json that is null or garbage as none', async () => {
      for (const body of ['{"schemaVersion":2,"manifests":null}', '{', '[]']) {
        const entries = hybridArchive(amd64, named).map(entry =>
          entry.name === 'index.json' ? { name: 'index.json', body } : entry,
        )
        expect((await resolve(entries)).documents.size).toBe(2)
      }
    })
  })

  describe('of several images', () => {
    const one = dockerArchive({ style: 'containers', layers: [layer(1)], tags: ['one:v1', 'ghcr.io/me/one:v1'] })
    const two = dockerArchive({ style: 'containers', layers: [layer(2)], tags: ['docker.io/library/two:latest'] })
    const nobody = dockerArchive({ style: 'containers', layers: [layer(3)], tags: [] })
    const all = [one, two, nobody]
    const entries = [
      ...all.flatMap(each => each.entries.filter(({ name }) => name !== 'manifest.json')),
      {
        name: 'manifest.json',
        body: JSON.stringify(
          all.flatMap(each => JSON.parse(String(each.entries.find(({ name }) => name === 'manifest.json')?.body))),
        ),
      },
    ]

    test.each([
      [{ name: 'docker.io/library/one:v1' }, one],
      [{ name: 'ghcr.io/me/one:v1' }, one],
      [{ name: 'docker.io/library/two:latest' }, two],
      [{ index: 1 }, two],
      [{ index: 2 }, nobody],
    ])('finds %j', async (wanted, { config }) => {
      expect((await resolve(entries, wanted)).config).toBe(digestOf(config))
    })
    test.each([
      [{}, 'has 3 images', ':@INDEX'],
      [
        { name: 'docker.io/library/three:latest' },
        'three:latest',
        '@0 one:v1, …; @1 docker.io/library/two:latest; @2 without',
      ],
      [{ name: 'docker.io/library/one:latest' }, 'one:latest', '@0 one:v1'],
      [{ index: 3 }, 'none at 3', '@2'],
    ])('says of %j what there is', async (wanted, message, hint) => {
      await expect(resolve(entries, wanted)).rejects.toMatchObject({
        code: 'image-not-found',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      })
    })
  })

  describe('refuses', () => {
    const good = dockerArchive({ style: 'containers', layers: [layer(1), layer(2)] })
    const manifest = JSON.parse(String(good.entries.find(({ name }) => name === 'manifest.json')?.body))[0]
    const changed = (change: object, ...more: RawEntry[]): RawEntry[] => [
      ...good.entries.filter(({ name }) => name !== 'manifest.json'),
      ...more,
      { name: 'manifest.json', body: JSON.stringify([{ ...manifest, ...change }]) },
    ]
    const configOf = (rootfs: unknown) => ({ name: 'other.json', body: JSON.stringify({ rootfs }) })

    test.each<[string, RawEntry[], string]>([
      ['a missing config', changed({ Config: 'absent.json' }), 'has not the config'],
      ['a missing layer', changed({ Layers: [manifest.Layers[0], 'absent.tar'] }), 'has not the layer'],
      ['a config outside', changed({ Config: '../../etc/passwd' }), 'has not the config'],
      ['a layer outside', changed({ Layers: [manifest.Layers[0], '../../../etc/passwd'] }), 'has not the layer'],
      [
        'a layer that links outside',
        changed({ Layers: [manifest.Layers[0], 'out'] }, { name: 'out', flag: '2', link: '/etc/passwd' }),
        'leads out',
      ],
      [
        'a config that links outside',
        changed({ Config: 'out' }, { name: 'out', flag: '2', link: '../../etc/passwd' }),
        'leads out',
      ],
      [
        'links in a circle',
        changed(
          { Layers: [manifest.Layers[0], 'a'] },
          { name: 'a', flag: '2', link: 'b' },
          { name: 'b', flag: '2', link: 'a' },
        ),
        'circle',
      ],
      [
        'fewer layers than the config has',
        changed({ Layers: [manifest.Layers[0]] }),
        "names 1 layers, and the image's config 2",
      ],
      ['a config that is none', changed({ Config: 'other.json' }, configOf(undefined)), 'not the config of an image'],
      ['a diff ID that is none', changed({ Config: 'other.json' }, configOf({ diff_ids: ['../x', 'y'] })), 'diff_ids'],
      ['names that are no text', changed({ Config: 7 }), '0.Config'],
      ['a manifest.json that is no list', [{ name: 'manifest.json', body: '{}' }], 'manifest.json'],
      ['a manifest.json that is no JSON', [{ name: 'manifest.json', body: '[' }], 'is not JSON'],
      ['an archive of other things', [{ name: 'readme', body: 'hello' }], 'has no manifest.json'],
      [
        'a sparse layer',
        changed({ Layers: [manifest.Layers[0], 's'] }, { name: 's', flag: 'S', body: layer(2) }),
        'sparse',
      ],
      ['a device for a layer', changed({ Layers: [manifest.Layers[0], 'd'] }, { name: 'd', flag: '3' }), 'device'],
    ])('%s', async (_, entries, why) => {
      await expect(resolve(entries)).rejects.toMatchObject({
        code: 'bad-archive',
        message: expect.stringContaining(why),
      })
    })

    test('a manifest.json larger than any', async () => {
      const body = Buffer.alloc(100 * 1024 * 1024, ' ')
      await expect(resolve([{ name: 'manifest.json', body }])).rejects.toMatchObject({
        code: 'bad-archive',
        message: expect.stringContaining('may have'),
      })
    })

    test.each([
      ['an OCI layout', [{ name: 'oci-layout', body: '{}' }], 'oci-archive:'],
      ['an archive of Docker before 1.10', [{ name: 'repositories', body: '{}' }], 'save it again'],
    ])('%s, and says what to do', async (_, entries, hint) => {
      await expect(resolve(entries)).rejects.toMatchObject({ code: 'bad-archive', hint: expect.stringContaining(hint) })
    })
  })

  test('takes the last of two entries of one name, as unpacking does', async () => {
    const { entries, config } = dockerArchive({ style: 'containers', layers: [layer(1)] })
    const { config: found } = await resolve([{ name: 'manifest.json', body: '[]' }, ...entries])
    expect(found).toBe(digestOf(config))
  })
})
