import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { BuiltImage } from './build-image.ts'
import { type RawEntry, tarArchive } from './tar-blocks.ts'

/**
 * Who wrote it. `classic`: Docker from 1.10 to 24. `containers`: skopeo and podman. `crane`: go-containerregistry and what is built of
 * it. `docker-25`: Docker since 25, whose archives are OCI layouts too.
 */
export type ArchiveStyle = 'classic' | 'containers' | 'crane' | 'docker-25'

export interface ArchiveRecipe {
  readonly style: ArchiveStyle
  readonly layers: readonly Uint8Array[]
  readonly tags?: readonly string[]
}

export interface DockerArchive {
  readonly entries: readonly RawEntry[]
  readonly bytes: Uint8Array
  readonly config: Uint8Array
  /** As they lie in the archive, by digest without the algorithm. */
  readonly layers: ReadonlyMap<string, Uint8Array>
}

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** An image as `docker save` and others write it, made with nothing of lading. */
export function dockerArchive({ style, layers, tags = ['app:v1'] }: ArchiveRecipe): DockerArchive {
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['/hello'] },
      rootfs: { type: 'layers', diff_ids: layers.map(layer => `sha256:${sha256(layer)}`) },
    }),
  )
  const stored = layers.map(layer => (style === 'crane' ? gzipSync(layer) : layer))
  const entries = [...styles[style](stored, config, tags)]
  return {
    entries,
    bytes: tarArchive(...entries),
    config,
    layers: new Map(stored.map(layer => [sha256(layer), layer])),
  }
}

/** A layout whose manifest.json names one of its images: what Docker with containerd's image store saves. */
export function hybridArchive(
  image: BuiltImage,
  { config, layers, tags = ['app:v1'] }: { config: string; layers: readonly string[]; tags?: readonly string[] },
): RawEntry[] {
  const { mediaType, digest, size } = image.root
  const annotations = { 'io.containerd.image.name': `docker.io/library/${tags[0]}` }
  const path = (name: string) => `blobs/${name.replace(':', '/')}`
  return [
    { name: 'blobs/', flag: '5' },
    ...[...image.blobs].map(([name, body]) => ({ name: path(name), body })),
    {
      name: 'index.json',
      body: JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size, annotations }] }),
    },
    {
      name: 'manifest.json',
      body: JSON.stringify([{ Config: path(config), RepoTags: tags, Layers: layers.map(path) }]),
    },
    { name: 'oci-layout', body: '{"imageLayoutVersion":"1.0.0"}' },
  ]
}

const styles: Record<
  ArchiveStyle,
  (layers: readonly Uint8Array[], config: Uint8Array, tags: readonly string[]) => Iterable<RawEntry>
> = {
  *classic(layers, config, tags) {
    const first = new Map<string, string>()
    const names: string[] = []
    for (const [position, layer] of layers.entries()) {
      const id = sha256(`${position} ${sha256(layer)}`)
      const same = first.get(sha256(layer))
      yield { name: `${id}/`, flag: '5' }
      yield { name: `${id}/VERSION`, body: '1.0' }
      yield { name: `${id}/json`, body: JSON.stringify({ id }) }
      if (same === undefined) yield { name: `${id}/layer.tar`, body: layer }
      // Docker links a layer that the archive has already.
      else yield { name: `${id}/layer.tar`, flag: '2', link: `../${same}/layer.tar` }
      first.set(sha256(layer), same ?? id)
      names.push(`${id}/layer.tar`)
    }
    const configName = `${sha256(config)}.json`
    yield { name: configName, body: config }
    yield { name: 'manifest.json', body: JSON.stringify([{ Config: configName, RepoTags: tags, Layers: names }]) }
    yield { name: 'repositories', body: JSON.stringify({ app: { v1: names.at(-1)?.slice(0, 64) } }) }
  },
  *containers(layers, config, tags) {
    const bodies = new Map(layers.map(layer => [`${sha256(layer)}.tar`, layer]))
    for (const [name, body] of bodies) {
      yield { name, body }
      const id = sha256(name)
      yield { name: `${id}/layer.tar`, flag: '2', link: `../${name}` }
      yield { name: `${id}/VERSION`, body: '1.0' }
      yield { name: `${id}/json`, body: JSON.stringify({ id }) }
    }
    const configName = `${sha256(config)}.json`
    const names = layers.map(layer => `${sha256(layer)}.tar`)
    yield { name: configName, body: config }
    yield { name: 'manifest.json', body: JSON.stringify([{ Config: configName, RepoTags: tags, Layers: names }]) }
    yield { name: 'repositories', body: '{}' }
  },
  *crane(layers, config, tags) {
    const configName = `sha256:${sha256(config)}`
    const names = layers.map(layer => `${sha256(layer)}.tar.gz`)
    yield { name: configName, body: config }
    for (const [name, body] of new Map(layers.map(layer => [`${sha256(layer)}.tar.gz`, layer]))) yield { name, body }
    yield { name: 'manifest.json', body: JSON.stringify([{ Config: configName, RepoTags: tags, Layers: names }]) }
  },
  *'docker-25'(layers, config, tags) {
    const type = 'application/vnd.oci.image'
    const blob = (bytes: Uint8Array, mediaType: string) => ({
      mediaType: `${type}.${mediaType}`,
      digest: `sha256:${sha256(bytes)}`,
      size: bytes.byteLength,
    })
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: `${type}.manifest.v1+json`,
        config: blob(config, 'config.v1+json'),
        layers: layers.map(layer => blob(layer, 'layer.v1.tar')),
      }),
    )
    const named = (bytes: Uint8Array) => `blobs/sha256/${sha256(bytes)}`
    const blobs = new Map([...layers, config, manifest].map(bytes => [named(bytes), bytes]))
    yield { name: 'blobs/sha256/', flag: '5' }
    for (const [name, body] of blobs) yield { name, body }
    const annotations = { 'io.containerd.image.name': 'docker.io/library/app:v1' }
    const entry = { ...blob(manifest, 'manifest.v1+json'), annotations }
    yield { name: 'index.json', body: JSON.stringify({ schemaVersion: 2, manifests: [entry] }) }
    const image = { Config: named(config), RepoTags: tags, Layers: layers.map(named) }
    yield { name: 'manifest.json', body: JSON.stringify([image]) }
    yield { name: 'oci-layout', body: '{"imageLayoutVersion":"1.0.0"}' }
  },
}
