const kibibyte = 1024
const mebibyte = 1024 * kibibyte

/**
 * How much is taken of what others have written, in one place: `docs/security.md` shows them. What is larger is refused, mostly with
 * `too-large`, before it is held.
 */
export const limits = {
  /** What registries accept (distribution specification, "Pushing manifests"). */
  manifestBytes: 4 * mebibyte,
  manifestDepth: 8,
  /** As the containers tools have it. */
  signatureBytes: 4 * mebibyte,
  /** Of one manifest. The containers tools take as many of a lookaside store. */
  signatures: 128,
  manifestNodes: 100_000,
  jsonDepth: 100,
  headerBytes: 64 * kibibyte,
  challengeCharacters: 8 * kibibyte,
  linkCharacters: 8 * kibibyte,
  redirects: 10,
  errorBytes: 64 * kibibyte,
  tokenBytes: mebibyte,
  tagPageBytes: 16 * mebibyte,
  tagPages: 100_000,
  emptyPages: 1000,
  referrers: 10_000,
  attachments: 10_000,
  attachmentDepth: 8,
  s3AnswerBytes: 32 * mebibyte,
  gcsAnswerBytes: 16 * mebibyte,
  azureAnswerBytes: 64 * mebibyte,
  daemonAnswerBytes: 16 * mebibyte,
  daemonLineCharacters: 64 * kibibyte,
  helperBytes: 256 * kibibyte,
  helperMilliseconds: 30_000,
  referenceCharacters: 8 * kibibyte,
  templateCharacters: 16 * kibibyte,
  programBytes: 16 * mebibyte,
  scanReportBytes: 128 * mebibyte,
  sbomBytes: 64 * mebibyte,
  scannerArchiveBytes: 256 * mebibyte,
  scannerProgramBytes: 1024 * mebibyte,
  checksumsBytes: 256 * kibibyte,
  fileBytes: 4 * mebibyte,
  versionConstraintCharacters: 1000,
  bucketConfigBytes: mebibyte,
  historyBytes: 4 * mebibyte,
  tagSignatureBytes: 64 * kibibyte,
  tagSignatures: 1000,
  condemnedBytes: mebibyte,
  layerVariantsBytes: 64 * kibibyte,
  leaseBytes: 4 * kibibyte,
  tarHeaderBytes: mebibyte,
  tarEntries: 1_000_000,
  tarNameCharacters: 64 * mebibyte,
  archiveDocumentsBytes: 64 * mebibyte,
  wrappedKeys: 1000,
  wrappedKeyBytes: mebibyte,
  zstdWindowBytes: 128 * mebibyte,
  keyDerivationBytes: 128 * mebibyte,
} as const
