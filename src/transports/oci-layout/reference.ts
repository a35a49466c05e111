import type { Reference } from '../transport.ts'
import { formatLayoutLocator, type LayoutLocator, parseLayoutLocator } from './layout-locator.ts'

/** An image in an OCI image layout directory: containers-transports(5), `oci:`. */
export interface OciLayoutReference extends Reference, LayoutLocator {
  readonly transport: 'oci-layout'
}

export const ociPrefix = 'oci:'

/** @throws LadingError `bad-reference` */
export function parseOciLayoutReference(
  text: string,
  platform: NodeJS.Platform = process.platform,
): OciLayoutReference {
  return { transport: 'oci-layout', ...parseLayoutLocator(text, ociPrefix, platform) }
}

export function formatOciLayoutReference(reference: OciLayoutReference): string {
  return formatLayoutLocator(reference, ociPrefix)
}
