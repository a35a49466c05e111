export { convertIndex } from './convert-index.ts'
export { type Converted, convertManifest } from './convert-manifest.ts'
export { replaceLayers, replaceManifests } from './replace-descriptors.ts'
export {
  attestedDigest,
  entriesOf,
  type PlatformEntry,
  requirePlatform,
  type Selection,
  selectPlatforms,
} from './select-platforms.ts'
