import { limits } from '../src/model/limits.ts'

/** What each limit is of. A limit without a line here is an error of types. */
const meanings: Readonly<Record<keyof typeof limits, string>> = {
  manifestBytes: 'a manifest, an index, an image’s config, `index.json`, a document in an archive',
  manifestDepth: 'indexes within indexes',
  signatureBytes: 'a signature, and what it is decompressed to; a list of signatures in a registry',
  signatures: 'signatures of one manifest',
  manifestNodes: 'descriptors of one image',
  jsonDepth: 'lists and objects within each other, in JSON',
  headerBytes: 'the header block of an answer, in both readers',
  challengeCharacters: '`WWW-Authenticate`; what follows is not looked at',
  linkCharacters: '`Link`',
  redirects: 'redirects of one request',
  errorBytes: 'what is kept of the body of an error',
  tokenBytes: 'the answer of a token server, or of a cloud about credentials',
  tagPageBytes: 'a page of a list of tags',
  tagPages: 'pages of a list of tags; one that comes again ends the list at once',
  emptyPages: 'pages of a listing in a row that hold nothing',
  referrers: 'referrers of one manifest, as a registry, a layout or a bucket lists them',
  attachments: 'what is attached to one image, all of it',
  attachmentDepth: 'attachments of attachments',
  s3AnswerBytes: 'an XML answer of S3',
  gcsAnswerBytes: 'an answer of Google Cloud Storage that is no object',
  azureAnswerBytes: 'an answer of Azure that is no object',
  daemonAnswerBytes: 'a document of the Docker daemon',
  daemonLineCharacters: 'a line of what the daemon says while it loads an image; a longer one is cut',
  helperBytes: 'what a credential helper answers',
  helperMilliseconds: 'how long it may take',
  referenceCharacters: 'a reference',
  templateCharacters: 'a template of Go (`--format`)',
  programBytes: 'what skopeo, podman or another program prints',
  scanReportBytes: 'what a scanner reports',
  sbomBytes: 'a software bill of materials that is attached to an image, or made of it',
  scannerArchiveBytes: 'the archive that a scanner is downloaded in',
  scannerProgramBytes: 'the scanner in it',
  checksumsBytes: 'the list of digests of a release, and its signature',
  fileBytes:
    'an authentication file, registries.conf, registries.d, policy.json, a keyring, a certificate, a Docker context, a file of images to sync, of prices',
  versionConstraintCharacters: 'a version constraint of `images-by-semver`',
  bucketConfigBytes: '`s3lo.yaml`',
  historyBytes: '`history.json`; a larger one is taken for damaged, and begun anew',
  tagSignatureBytes: 'one signature that s3lo keeps with a tag; a larger one does not count',
  tagSignatures: 'signatures of s3lo with one tag',
  condemnedBytes: 'a record of condemned blobs',
  layerVariantsBytes: 'what a layer was compressed to; a larger one is passed over',
  leaseBytes: 'a lease',
  tarHeaderBytes: 'a long name or the pax records of one tar entry',
  tarEntries: 'entries of an archive, or files of a SIF image',
  tarNameCharacters: 'all names of an archive together',
  archiveDocumentsBytes: 'documents that are kept of an archive that comes once',
  wrappedKeys: 'keys that one encrypted layer has, each wrapped for somebody',
  wrappedKeyBytes: 'what is in one of them, uncompressed',
  zstdWindowBytes: 'memory that a zstd frame may ask for',
  keyDerivationBytes: 'memory, times how often it is gone through, that an encrypted private key may ask of scrypt',
}

/** The rows of the table in docs/security.md. */
export function limitRows(): string[][] {
  return Object.entries(limits).map(([name, value]) => [
    `\`${name}\``,
    shown(name, value),
    meanings[name as keyof typeof limits], // a key of the same object
  ])
}

function shown(name: string, value: number): string {
  if (name.endsWith('Milliseconds')) return `${value / 1000} s`
  if (!name.endsWith('Bytes')) return value.toLocaleString('en').replaceAll(',', ' ')
  return value >= 2 ** 20 ? `${value / 2 ** 20} MiB` : `${value / 2 ** 10} KiB`
}
