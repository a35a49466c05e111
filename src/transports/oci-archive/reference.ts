import { formatLayoutLocator, type LayoutLocator, parseLayoutLocator } from '../oci-layout/layout-locator.ts'
import type { Reference } from '../transport.ts'

/** An image in a tar archive of an OCI image layout: containers-transports(5), `oci-archive:`. The path `-` is standard input or output. */
export interface OciArchiveReference extends Reference, LayoutLocator {
  readonly transport: 'oci-archive'
}

export const ociArchivePrefix = 'oci-archive:'

/** @throws LadingError `bad-reference` */
export function parseOciArchiveReference(
  text: string,
  platform: NodeJS.Platform = process.platform,
): OciArchiveReference {
  return { transport: 'oci-archive', ...parseLayoutLocator(text, ociArchivePrefix, platform) }
}

export function formatOciArchiveReference(reference: OciArchiveReference): string {
  return formatLayoutLocator(reference, ociArchivePrefix)
}
