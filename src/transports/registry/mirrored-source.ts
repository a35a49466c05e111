import { isLadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import type { ByteStream } from '../../streams/index.ts'
import { type ImageSource, readAsStored } from '../transport.ts'
import { failedPlaces, type PlaceFailure } from './failed-places.ts'
import { formatRegistryReference, type RegistryReference } from './reference.ts'

interface MirroredPlace {
  readonly reference: RegistryReference
  readonly open: () => Promise<ImageSource>
}

export interface MirroredPlaces {
  /** The image's own name, wherever it is read. */
  readonly name: string
  /** The same. */
  readonly reference: RegistryReference
  readonly mirrors: readonly MirroredPlace[]
  readonly location: MirroredPlace
  readonly warn: (message: string) => void
}

/** An image that is read from the first mirror that has its root, or else from its location: all of it from there. */
export function mirroredSource({ name, reference, mirrors, location, warn }: MirroredPlaces): ImageSource {
  let chosen: Chosen | undefined
  let choosing: Promise<Chosen> | undefined

  async function choose(signal: AbortSignal | undefined): Promise<Chosen> {
    const failures: PlaceFailure[] = []
    for (const { reference, open } of [...mirrors, location]) {
      try {
        const source = await open()
        return { source, root: await source.resolve(signal) }
      } catch (error) {
        if (!isLadingError(error) || signal?.aborted) throw error
        if (failures.length < mirrors.length) {
          warn(`the mirror ${formatRegistryReference(reference)} of ${name} was passed over: ${error.message}`)
        }
        failures.push({ reference, error })
      }
    }
    throw failedPlaces(failures, 'failed too')
  }

  /** Chosen once. A failure is not kept: whoever tries again may find a mirror that is back. */
  async function choice(signal: AbortSignal | undefined): Promise<Chosen> {
    if (chosen !== undefined) return chosen
    choosing ??= choose(signal).finally(() => {
      choosing = undefined
    })
    chosen = await choosing
    return chosen
  }

  return {
    name,
    reference,
    traits: readAsStored,
    resolve: async signal => (await choice(signal)).root,
    async *fetch(node, range, signal): ByteStream & AsyncGenerator<Uint8Array> {
      yield* (await choice(signal)).source.fetch(node, range, signal)
    },
    locate: async (node, signal) => await (await choice(signal)).source.locate?.(node, signal),
    // Where the image is read: so do the containers tools look for them.
    signatures: async (manifest, signal) => (await (await choice(signal)).source.signatures?.(manifest, signal)) ?? [],
    sigstoreAttachments: async signal => (await (await choice(signal)).source.sigstoreAttachments?.(signal)) ?? false,
    // Of a mirror nobody knows whether it has every tag.
    async *tags(signal) {
      yield* (await location.open()).tags?.(signal) ?? []
    },
    async *attachments(subject, signal) {
      yield* (await choice(signal)).source.attachments?.(subject, signal) ?? []
    },
    origin: node => chosen?.source.origin?.(node),
    async [Symbol.asyncDispose]() {},
  }
}

interface Chosen {
  readonly source: ImageSource
  readonly root: Node
}
