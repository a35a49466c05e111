import type { Node } from './descriptor.ts'
import { parseManifest } from './manifest.ts'

/**
 * A manifest as a list of referrers has it: with what it is, and its annotations (distribution specification, "Listing Referrers").
 *
 * @param bytes are its own, checked against its digest
 * @throws LadingError `bad-manifest`
 */
export function referrerDescriptor({ digest }: Pick<Node, 'digest'>, bytes: Uint8Array): Node {
  const manifest = parseManifest(bytes)
  const { kind, mediaType, annotations } = manifest
  const artifactType = manifest.artifactType ?? (manifest.kind === 'manifest' ? manifest.config.mediaType : undefined)
  return {
    kind,
    mediaType,
    digest,
    size: bytes.byteLength,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  }
}
