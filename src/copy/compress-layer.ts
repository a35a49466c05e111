import type { LayerForm } from '../model/layer-form.ts'
import { type ByteStream, compress } from '../streams/index.ts'

/** A layer while it is compressed. */
export interface CompressedLayer {
  readonly bytes: ByteStream
  /** What its descriptor has to say of its bytes. MUST NOT be asked before they have ended. */
  annotations(): Readonly<Record<string, string>> | undefined
}

export function compressLayer(
  plain: ByteStream,
  form: Exclude<LayerForm, 'none'>,
  level: number | undefined,
): CompressedLayer {
  const format = form === 'zstd:chunked' ? 'zstd' : form
  return { bytes: compress(plain, format, { level }), annotations: () => undefined }
}
