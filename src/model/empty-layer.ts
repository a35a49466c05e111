import type { Digest } from './digest.ts'

/**
 * An empty tar archive, compressed with gzip: in schema 1 each entry of the history has a layer, and this is the one of an entry that
 * changed no file. Everyone who writes schema 1 has these bytes, with the time in them; registries have them already.
 */
export const gzippedEmptyLayer: Uint8Array = Buffer.from('H4sIAAAJbogA/2IYBaNgFIxYAAgAAP//Lq+17wAEAAA=', 'base64')

export const gzippedEmptyLayerDigest: Digest = 'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4'
