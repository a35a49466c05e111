export { bucketImageName } from './bucket/image-name.ts'
export { type BucketReference, bucketSchemes } from './bucket/reference.ts'
export {
  formatReference,
  formatRepository,
  openDestination,
  openSource,
  parseReference,
  readsStandardInput,
  removeImage,
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
  RemovedImage,
  RemoveOptions,
  SourceTraits,
  TakeLayer,
  TransportContext,
} from './transport.ts'
