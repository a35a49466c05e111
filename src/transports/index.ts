export { bucketImageName } from './bucket/image-name.ts'
export type { BucketReference } from './bucket/reference.ts'
export {
  formatReference,
  openDestination,
  openSource,
  parseReference,
  readsStandardInput,
  writesStandardOutput,
} from './table.ts'
export type {
  ArrivingLayer,
  CommitOptions,
  CommitResult,
  CredentialOptions,
  DestinationTraits,
  Expectation,
  ImageDestination,
  ImagePreview,
  ImageSource,
  Origin,
  Reference,
  SourceTraits,
  TakeLayer,
  TransportContext,
} from './transport.ts'
