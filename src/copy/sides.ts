import { LadingError, type Side } from '../errors/index.ts'
import { wrappedUpload } from '../stores/index.ts'
import type { ArrivingLayer, ImageDestination, ImageSource } from '../transports/index.ts'

/** The same source; what it throws says that it happened there, and to what. */
export function sourceSide(source: ImageSource): ImageSource {
  const at = says('source', source.name)
  const origin = source.origin?.bind(source)
  const locate = source.locate?.bind(source)
  const tags = source.tags?.bind(source)
  const receive = source.receive?.bind(source)
  const preview = source.preview?.bind(source)
  const signatures = source.signatures?.bind(source)
  const sigstoreAttachments = source.sigstoreAttachments?.bind(source)
  const attachments = source.attachments?.bind(source)
  return {
    name: source.name,
    ...(source.reference === undefined ? {} : { reference: source.reference }),
    traits: source.traits,
    resolve: signal => at(() => source.resolve(signal), 'resolve'),
    fetch: (node, range, signal) => streamAt(() => source.fetch(node, range, signal), source.name, `read ${node.kind}`),
    ...(origin === undefined ? {} : { origin }),
    ...(locate === undefined ? {} : { locate: (node, signal) => at(() => locate(node, signal), `read ${node.kind}`) }),
    ...(receive === undefined
      ? {}
      : { receive: (take, signal) => at(() => receive(layer => take(layerAt(layer, source.name)), signal), 'read') }),
    ...(preview === undefined ? {} : { preview: signal => at(() => preview(signal), 'look at the image') }),
    ...(sigstoreAttachments === undefined
      ? {}
      : { sigstoreAttachments: signal => at(() => sigstoreAttachments(signal), 'read registries.d') }),
    ...(signatures === undefined
      ? {}
      : { signatures: (manifest, signal) => at(() => signatures(manifest, signal), 'read signatures') }),
    ...(tags === undefined ? {} : { tags: signal => streamAt(() => tags(signal), source.name, 'list tags') }),
    ...(attachments === undefined
      ? {}
      : {
          attachments: (subject, signal) =>
            streamAt(() => attachments(subject, signal), source.name, 'look for what is attached'),
        }),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  }
}

/** The same destination; what it throws says that it happened there, unless the bytes that came from the source threw it. */
export function destinationSide(destination: ImageDestination): ImageDestination {
  const at = says('destination', destination.name)
  const begin = destination.begin?.bind(destination)
  const adopt = destination.adopt?.bind(destination)
  const findOrBegin = destination.findOrBegin?.bind(destination)
  const upload = destination.upload?.bind(destination)
  const checkCommit = destination.checkCommit?.bind(destination)
  const pushDraft = destination.pushDraft?.bind(destination)
  const document = destination.document?.bind(destination)
  const currentConfig = destination.currentConfig?.bind(destination)
  const variants = destination.variants?.bind(destination)
  const rememberVariant = destination.rememberVariant?.bind(destination)
  const signatures = destination.signatures?.bind(destination)
  const sigstoreAttachments = destination.sigstoreAttachments?.bind(destination)
  const putSignatures = destination.putSignatures?.bind(destination)
  const attachments = destination.attachments?.bind(destination)
  const attach = destination.attach?.bind(destination)
  return {
    name: destination.name,
    traits: destination.traits,
    ...(destination.schema1Name === undefined ? {} : { schema1Name: destination.schema1Name }),
    ...(begin === undefined ? {} : { begin }),
    current: signal => at(() => destination.current(signal), 'read the tag'),
    has: (node, signal) => at(() => destination.has(node, signal), `look for ${node.kind}`),
    ...(findOrBegin === undefined
      ? {}
      : { findOrBegin: (node, signal) => at(() => findOrBegin(node, signal), `look for ${node.kind}`) }),
    manifest: (node, signal) => at(() => destination.manifest(node, signal), `look for ${node.kind}`),
    push: (node, bytes, signal) => at(() => destination.push(node, bytes, signal), `write ${node.kind}`),
    ...(pushDraft === undefined
      ? {}
      : { pushDraft: (draft, signal) => at(() => pushDraft(draft, signal), 'write layer') }),
    ...(document === undefined
      ? {}
      : { document: (digest, signal) => at(() => document(digest, signal), 'look for the image') }),
    ...(currentConfig === undefined
      ? {}
      : { currentConfig: (options, signal) => at(() => currentConfig(options, signal), 'read the tag') }),
    ...(variants === undefined
      ? {}
      : { variants: (diffId, signal) => at(() => variants(diffId, signal), 'look for layer') }),
    ...(rememberVariant === undefined
      ? {}
      : {
          rememberVariant: (diffId, variant, signal) =>
            at(() => rememberVariant(diffId, variant, signal), 'remember the layer'),
        }),
    ...(adopt === undefined ? {} : { adopt: (node, origin, signal) => at(() => adopt(node, origin, signal), 'mount') }),
    ...(upload === undefined
      ? {}
      : {
          async upload(node, signal) {
            const begun = await at(() => upload(node, signal), `write ${node.kind}`)
            return begun && wrappedUpload(begun, action => at(action, `write ${node.kind}`))
          },
        }),
    ...(attachments === undefined
      ? {}
      : {
          attachments: (subject, signal) =>
            streamAt(() => attachments(subject, signal), destination.name, 'look for what is attached', 'destination'),
        }),
    ...(attach === undefined
      ? {}
      : {
          attach: (subject, attachment, bytes, signal) =>
            at(() => attach(subject, attachment, bytes, signal), 'attach'),
        }),
    ...(checkCommit === undefined
      ? {}
      : { checkCommit: (root, options, signal) => at(() => checkCommit(root, options, signal), 'commit') }),
    ...(sigstoreAttachments === undefined
      ? {}
      : { sigstoreAttachments: signal => at(() => sigstoreAttachments(signal), 'read registries.d') }),
    ...(signatures === undefined
      ? {}
      : { signatures: (manifest, signal) => at(() => signatures(manifest, signal), 'read signatures') }),
    ...(putSignatures === undefined
      ? {}
      : {
          putSignatures: (manifest, list, signal) =>
            at(() => putSignatures(manifest, list, signal), 'write signatures'),
        }),
    commit: (root, bytes, options, signal) => at(() => destination.commit(root, bytes, options, signal), 'commit'),
    [Symbol.asyncDispose]: () => destination[Symbol.asyncDispose](),
  }
}

/** Runs what may fail; the error says where it happened, unless it says so already, or is about the other side. */
export function says(side: Side, subject: string) {
  return async <T>(task: () => Promise<T>, operation: string): Promise<T> => {
    try {
      return await task()
    } catch (error) {
      if (!(error instanceof LadingError) || (error.side ?? side) !== side) throw error
      throw error.with({ side, subject, operation })
    }
  }
}

/** Its bytes break off at the source, whoever reads them. */
function layerAt(layer: ArrivingLayer, subject: string): ArrivingLayer {
  return { ...layer, body: streamAt(() => layer.body, subject, 'read layer') }
}

/** Its items; what it throws says that it happened at the source, or on the side that is named. */
export async function* streamAt<T>(
  open: () => AsyncIterable<T>,
  subject: string,
  operation: string,
  side: Side = 'source',
): AsyncGenerator<T, void, undefined> {
  try {
    yield* open()
  } catch (error) {
    throw error instanceof LadingError ? error.with({ side, subject, operation }) : error
  }
}
