export { bucketImageName } from './bucket/image-name.ts'
export { type BucketReference, bucketSchemes } from './bucket/reference.ts'
export type { RemovedImage, RemoveOptions } from './remove-options.ts'
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
  Attachment,
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
