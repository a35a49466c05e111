import { setImmediate } from 'node:timers/promises'
import { LadingError } from '../../errors/index.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import type { OpenedLayer } from './decrypt-layer.ts'
import type { KeyOpener, KeyWrapper } from './key-wrapper.ts'
import { formatSeal, formatSecret, type LayerSeal, type LayerSecret, parseSeal, parseSecret } from './layer-secret.ts'
import { readPrivateKeys } from './read-private-keys.ts'
import { type KeyContext, readRecipients } from './read-recipients.ts'
import { parseSealAnnotation, parseWrappedKeys, type WrappedKey, withWrappedKeys } from './wrapped-keys.ts'

type Annotations = Readonly<Record<string, string>>

export interface EncryptionOptions {
  readonly encryptionKeys?: readonly string[] | undefined
  readonly encryptLayers?: readonly number[] | undefined
  readonly decryptionKeys?: readonly string[] | undefined
}

/** What a copy does with the encryption of layers: with recipients layers are encrypted for them, else they are decrypted. */
export interface LayerEncryption {
  readonly encrypts: boolean
  /** Only these, by their place, from the end where it is negative. Empty: all. */
  readonly layers: readonly number[]
  /** What a layer that was encrypted says of it. */
  seal(secret: LayerSecret, seal: LayerSeal, signal?: AbortSignal): Promise<Annotations>
  /** Opens the key of an encrypted layer. @throws LadingError `no-key`, `not-authentic` */
  open(layer: Pick<Descriptor, 'digest' | 'annotations'>): Promise<OpenedLayer>
  /** What an encrypted layer says once its key is wrapped for these recipients too. @throws the same */
  addRecipients(layer: Pick<Descriptor, 'digest' | 'annotations'>): Promise<Annotations>
}

/** @throws LadingError where a key cannot be read */
export async function openLayerEncryption(
  { encryptionKeys = [], encryptLayers = [], decryptionKeys = [] }: EncryptionOptions,
  context: KeyContext,
): Promise<LayerEncryption> {
  const wrappers = await readRecipients(encryptionKeys, context)
  const openers = decryptionKeys.length === 0 ? [] : await readPrivateKeys(decryptionKeys, context)
  const { signal } = context
  const wrapAll = async (secret: LayerSecret, within: AbortSignal | undefined): Promise<readonly WrappedKey[]> => {
    const document = formatSecret(secret)
    const failed = new AbortController()
    const signals = [failed.signal, signal, within].filter(one => one !== undefined)
    try {
      return await Promise.all(wrappers.map(one => wrapWith(one, document, AbortSignal.any(signals))))
    } catch (error) {
      // A program that wraps for others may never end by itself.
      failed.abort(error)
      throw error
    }
  }
  const open = async (layer: Pick<Descriptor, 'digest' | 'annotations'>): Promise<OpenedLayer> => {
    const seal = parseSeal(parseSealAnnotation(layer.annotations))
    return { seal, secret: await openSecret(layer, openers, signal) }
  }
  return {
    encrypts: wrappers.length > 0,
    layers: encryptLayers,
    seal: async (secret, seal, within) => withWrappedKeys(undefined, await wrapAll(secret, within), formatSeal(seal)),
    open,
    async addRecipients(layer) {
      const { secret } = await open(layer)
      return withWrappedKeys(layer.annotations, await wrapAll(secret, signal), parseSealAnnotation(layer.annotations))
    },
  }
}

async function wrapWith(
  { scheme, wrap }: KeyWrapper,
  secret: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<WrappedKey> {
  return { scheme, bytes: await wrap(secret, signal) }
}

async function openSecret(
  { digest, annotations }: Pick<Descriptor, 'digest' | 'annotations'>,
  openers: readonly KeyOpener[],
  signal: AbortSignal | undefined,
): Promise<LayerSecret> {
  const wrapped = parseWrappedKeys(annotations)
  for (const opener of openers) {
    for (const { scheme, bytes } of wrapped) {
      // opening one is work that nothing interrupts, and whoever wrote the manifest says how many there are
      await setImmediate()
      signal?.throwIfAborted()
      const secret = scheme === opener.scheme ? await opener.open(bytes, signal) : undefined
      if (secret !== undefined) return parseSecret(secret)
    }
  }
  const schemes = [...new Set(wrapped.map(({ scheme }) => scheme))]
  const tried = [...new Set(openers.map(({ name }) => name))]
  throw new LadingError(
    'no-key',
    tried.length === 0
      ? `the layer ${digest} is encrypted already, and no key was given that opens it`
      : `none of the keys opens the layer ${digest}: ${tried.join(', ')}`,
    {
      hint:
        schemes.length === 0
          ? 'it says nothing of its keys: nobody can open it'
          : `it is encrypted with ${schemes.join(', ')}: give the key of one of its recipients with --decryption-key`,
    },
  )
}
