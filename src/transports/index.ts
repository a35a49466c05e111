export { formatReference, openDestination, openSource, parseReference } from './table.ts'
export type {
  CommitOptions,
  CommitResult,
  CredentialOptions,
  DestinationTraits,
  Expectation,
  ImageDestination,
  ImageSource,
  Origin,
  Reference,
  TransportContext,
} from './transport.ts'
