import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Digest } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import { readAll, verify } from '../../streams/index.ts'
import type { Attachment, ImageSource } from '../../transports/index.ts'
import {
  type ImageSignature,
  parseImageSignature,
  payloadMediaType,
  readSignatureImage,
  signatureTag,
} from '../../trust/index.ts'
import type { CopyOptions } from '../copy-options.ts'
import type { ManifestReader } from '../manifest-reader.ts'

/** Where signatures are looked for beside those of the source: cosign's image, always or where registries.d has it. */
export type SignatureSearch = Pick<CopyOptions, 'sigstoreAttachments'>

/**
 * What is signed over a manifest, one signature at a time: those that are kept beside it, then those of cosign's image. What cannot be read
 * comes as an error, which is a signature that nobody accepts.
 *
 * @throws what the source throws
 */
export async function* signaturesOf(
  source: ImageSource,
  reader: ManifestReader,
  manifest: Digest,
  search: SignatureSearch,
  signal: AbortSignal | undefined,
): AsyncGenerator<ImageSignature | LadingError, void, undefined> {
  let left: number = limits.signatures
  for await (const signature of allSignatures(source, reader, manifest, search, signal)) {
    if (left === 0) throw tooMany(source)
    left -= 1
    yield signature
  }
}

async function* allSignatures(
  source: ImageSource,
  reader: ManifestReader,
  manifest: Digest,
  search: SignatureSearch,
  signal: AbortSignal | undefined,
): AsyncGenerator<ImageSignature | LadingError, void, undefined> {
  for (const bytes of (await source.signatures?.(manifest, signal)) ?? []) yield parsed(bytes)
  if (search.sigstoreAttachments === 'configured' && !(await source.sigstoreAttachments?.(signal))) return
  for await (const attachment of source.attachments?.(manifest, signal) ?? []) {
    // other attachments of cosign sign nothing
    if (attachment.by === 'tag' && attachment.tag === signatureTag(manifest))
      yield* attachedSignatures(attachment, source, reader, signal)
  }
}

function parsed(bytes: Uint8Array): ImageSignature | LadingError {
  try {
    return parseImageSignature(bytes)
  } catch (error) {
    if (isLadingError(error, 'bad-manifest')) return error
    throw error
  }
}

/** Each layer of cosign's image is a signature: the payload, and annotations. */
async function* attachedSignatures(
  { node }: Attachment,
  source: ImageSource,
  reader: ManifestReader,
  signal: AbortSignal | undefined,
): AsyncGenerator<ImageSignature, void, undefined> {
  for (const layer of readSignatureImage(await reader.read(node, signal))) {
    const { mediaType, annotations = {} } = layer
    if (mediaType !== payloadMediaType) continue
    const bytes = verify(source.fetch(layer, undefined, signal), layer)
    const payload = await readAll(bytes, limits.signatureBytes, `the signature ${layer.digest}`)
    yield { format: 'sigstore', mediaType, payload, annotations }
  }
}

function tooMany({ name }: ImageSource): LadingError {
  return new LadingError('too-large', `it has more than ${limits.signatures} signatures`, {
    operation: 'read signatures',
    subject: name,
    side: 'source',
  })
}
