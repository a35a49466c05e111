export {
  attestedDigest,
  entriesOf,
  type PlatformEntry,
  requirePlatform,
  type Selection,
  selectPlatforms,
} from './select-platforms.ts'
