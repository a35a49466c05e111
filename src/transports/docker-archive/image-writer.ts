import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { type Digest, digestOf, digestParts } from '../../model/digest.ts'
import { parseImageConfig } from '../../model/image-config.ts'
import { type Bytes, bytesOf, type Draft, readAll } from '../../streams/index.ts'
import type { TarFileWriter, TarWriter } from '../../streams/tar/index.ts'
import { maxDocumentBytes } from '../docker-image/archive-files.ts'
import { archiveManifestName, formatArchiveManifest } from '../docker-image/archive-manifest.ts'

/** Either writer: of a file, which takes drafts, or of a stream. */
export type AnyTarWriter = TarWriter & Partial<Pick<TarFileWriter, 'addDraft'>>

/** One image on its way into an archive. Every layer stands in it once, however often it is given. */
export interface ImageWriter {
  has(node: Node): boolean
  addLayer(layer: Node, bytes: Bytes, signal?: AbortSignal): Promise<void>
  addLayerDraft(draft: Draft, signal?: AbortSignal): Promise<void>
  /** Kept in memory until the end: whoever reads the archive as a stream finds the layers first, as from skopeo. */
  addConfig(config: Node, bytes: Bytes, signal?: AbortSignal): Promise<void>
  /** Writes the config and manifest.json: nothing belongs after them. */
  finish(image: WrittenImage): Promise<void>
}

export interface WrittenImage {
  readonly config: Node
  readonly layers: readonly Node[]
  /** In full. */
  readonly tags: readonly string[]
}

/** Thrown and caught here: the draft's bytes are in the archive already. */
const repeated = new Error('the layer is there already')

/**
 * Writes as skopeo does, `<digest>.tar`, `<digest>.json` and manifest.json, without the folders per layer and the file `repositories`
 * beside them: only Docker before 1.10 reads those.
 */
export function openImageWriter(writer: AnyTarWriter): ImageWriter {
  const layers = new Map<Digest, number>()
  const adding = new Map<Digest, Promise<unknown>>()
  const configs = new Map<Digest, Uint8Array>()

  const addLayer = async (layer: Node, bytes: Bytes, signal?: AbortSignal): Promise<void> => {
    const { digest, size } = layer
    const name = layerName(digest)
    for (;;) {
      if (layers.has(digest)) return
      const other = adding.get(digest)
      if (other === undefined) break
      // Where it fails, ours is tried.
      await other.catch(() => {})
    }
    const ours = writer.add({ name, size }, bytes, signal)
    adding.set(digest, ours)
    try {
      await ours
      layers.set(digest, size)
    } finally {
      adding.delete(digest)
    }
  }

  return {
    has: ({ digest, size }) => (layers.get(digest) ?? configs.get(digest)?.byteLength) === size,
    addLayer,
    async addLayerDraft(draft, signal) {
      if (writer.addDraft === undefined) throw new LadingError('internal', 'a stream takes no draft')
      try {
        const name = () => {
          if (layers.has(draft.digest())) throw repeated
          return layerName(draft.digest())
        }
        await writer.addDraft(name, draft, signal)
        layers.set(draft.digest(), draft.size)
      } catch (error) {
        if (error !== repeated) throw error
      }
    },
    async addConfig({ digest }, bytes, signal) {
      configs.set(digest, await readAll(bytes.open(0, signal), maxDocumentBytes, `the config ${digest}`))
    },
    async finish({ config, layers: wanted, tags }) {
      const bytes = configs.get(config.digest)
      const missing = bytes === undefined ? config : wanted.find(layer => layers.get(layer.digest) !== layer.size)
      if (bytes === undefined || missing !== undefined) {
        throw new LadingError('blob-not-found', `the archive has no ${missing?.kind} ${missing?.digest} yet`)
      }
      checkDiffIds(bytes, wanted)
      const file = (name: string, content: Uint8Array) =>
        writer.add({ name, size: content.byteLength }, bytesOf(content))
      const configName = `${digestParts(digestOf(bytes)).hex}.json`
      await file(configName, bytes)
      const names = wanted.map(({ digest }) => layerName(digest))
      await file(archiveManifestName, formatArchiveManifest({ config: configName, tags, layers: names }))
    },
  }
}

/** Docker refuses to load anything else, so the archive would be of no use. */
function checkDiffIds(config: Uint8Array, layers: readonly Node[]): void {
  const { diffIds } = parseImageConfig(config)
  if (diffIds.length === layers.length && layers.every(({ digest }, position) => digest === diffIds[position])) return
  throw new LadingError('bad-manifest', 'the image is damaged: its config names other layers than its manifest', {
    hint: 'push the image again from where it was built',
  })
}

/** Docker digests layers by sha256, and refuses an archive whose config says otherwise. */
function layerName(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest)
  if (algorithm === 'sha256') return `${hex}.tar`
  throw new LadingError('unsupported', `Docker knows layers by sha256 alone, and this one is ${digest}`)
}
