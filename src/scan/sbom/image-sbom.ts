import { interruptible } from '../../copy/interruptible.ts'
import type { Digest } from '../../model/digest.ts'
import type { Scanner } from '../find-scanner.ts'
import type { SbomOrigin } from './attached-sboms.ts'
import { findAttachedSbom } from './find-attached-sbom.ts'
import { type MakeSbomOptions, makeSbom } from './make-sbom.ts'
import type { MadeFormat, SbomFormat } from './sbom-format.ts'

export interface SbomOptions extends MakeSbomOptions {
  /** What it must be written in. Default: whatever is attached, and `spdx-json` where it is made. */
  readonly format?: MadeFormat | undefined
  /** Make one, whatever is attached. */
  readonly generate?: boolean | undefined
}

export interface SbomResult {
  /** The image, its name written out. */
  readonly reference: string
  /** What it is of: of an index the manifest of one platform. */
  readonly digest: Digest
  readonly platforms: readonly string[]
  readonly format: SbomFormat
  /** Where it was found. Nobody has checked who attached it. */
  readonly attached?: SbomOrigin
  /** What has made it now, where none was found. */
  readonly madeBy?: Scanner
  readonly sbom: Uint8Array
}

/**
 * The software bill of materials of an image: the one that is attached to it, else one that Trivy or Syft makes.
 *
 * An attached one says that it is about this image; who says so is not checked.
 *
 * @example
 * const { format, sbom } = await imageSbom('local://./images/app:v1')
 *
 * @throws LadingError `program-not-found` where none is attached and there is nothing to make one with; what reading the image throws
 */
export async function imageSbom(reference: string, options: SbomOptions = {}): Promise<SbomResult> {
  // to a copy a format is that of the manifest
  const { format, generate = false, ...reading } = options
  return await interruptible(options.signal, async () => {
    const found = generate ? undefined : await findAttachedSbom(reference, format, reading)
    if (found !== undefined) {
      const { sbom, ...image } = found
      return { ...image, format: sbom.format, attached: sbom.origin, sbom: sbom.bytes }
    }
    const made = format ?? 'spdx-json'
    const { copied, tool, bytes } = await makeSbom(reference, made, reading, process.env)
    const { source, digest, platforms } = copied
    return { reference: source, digest, platforms, format: made, madeBy: tool, sbom: bytes }
  })
}
