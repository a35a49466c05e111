export { replaceLayers, replaceManifests } from './replace-descriptors.ts'
export {
  attestedDigest,
  entriesOf,
  type PlatformEntry,
  requirePlatform,
  type Selection,
  selectPlatforms,
} from './select-platforms.ts'
