export { annotateLayers, type LayerAnnotations } from './annotate-layers.ts'
export { convertIndex } from './convert-index.ts'
export { type Converted, convertManifest } from './convert-manifest.ts'

export { fromSchema1, type Schema1Layer, type Schema2Image, schema1Layers } from './from-schema1.ts'

export { type MergedSignatures, mergeSignatureImages, signatureImage } from './merge-signature-images.ts'

export { replaceLayers } from './replace-descriptors.ts'
export {
  attestedDigest,
  entriesOf,
  type PlatformEntry,
  requirePlatform,
  type Selection,
  type SelectOptions,
  type SubsetIndex,
  selectPlatforms,
} from './select-platforms.ts'
export { signSchema1 } from './sign-schema1.ts'
export { type MadeSchema1, toSchema1 } from './to-schema1.ts'
