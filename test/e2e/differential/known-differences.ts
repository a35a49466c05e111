import type { Case } from './case.ts'
import type { Difference } from './differences.ts'

/** Something that lading does otherwise than skopeo 1.22, and why. */
export interface KnownDifference {
  readonly reason: string
  readonly holds: (one: Case, difference: Difference) => boolean
}

const has = ({ options }: Case, ...words: readonly string[]) => words.every(word => options.includes(word))
const format = ({ options }: Case) =>
  options.includes('--format') ? options[options.indexOf('--format') + 1] : undefined
const compression = ({ options }: Case) =>
  options.includes('--dest-compress-format') ? options[options.indexOf('--dest-compress-format') + 1] : undefined
const isZstd = (one: Case) => compression(one)?.startsWith('zstd') === true
const text = (value: unknown) => (typeof value === 'string' ? value : '')
/** lading does it, and skopeo fails with these words. */
const theyRefuse = ({ at, ours, theirs }: Difference, words: RegExp) =>
  at === 'success' && ours === 'done' && words.test(text(theirs))
/** skopeo does it, and lading fails with these words. */
const weRefuse = ({ at, ours, theirs }: Difference, words: RegExp) =>
  at === 'success' && theirs === 'done' && words.test(text(ours))
const isManifestType =
  /^(mediaType|around\.index\.manifests\.0\.mediaType)$|^root\.(images\.\d+\.)?manifest\..*mediaType$/
const isLayerField = /^(root\.manifest\.(layers\.\d+\.(digest|size|mediaType)|fsLayers\.\d+\.blobSum)|files\.[^/]*)$/
const isDockerImage = ({ image }: Case) =>
  image.startsWith('docker') || image === 'of fifty layers' || image === 'for nine platforms'

/** Each is what some case shows: one that no case shows any more fails the test. */
export const knownDifferences: readonly KnownDifference[] = [
  {
    reason: 'An OCI layout holds no manifest in schema 1; skopeo puts one there all the same.',
    holds: (one, difference) =>
      (one.to === 'oci' || one.to === 'oci-archive') &&
      format(one) === 'v2s1' &&
      weRefuse(difference, /it holds no manifests of schema 1/),
  },
  {
    reason:
      'An image in schema 1 becomes one in schema 2 when it is read, so its digest cannot be kept; skopeo leaves it in schema 1 where nothing else is asked for.',
    holds: (one, { at, ours, theirs }) =>
      one.image === 'docker in schema 1' &&
      (one.to === 'dir' || one.to === 'docker' || has(one, '--preserve-digests')) &&
      (weRefuse({ at, ours, theirs }, /it is converted from v2s1/) ||
        ((format(one) === undefined || format(one) === 'v2s1') && /^(digest|mediaType|root\..*|files\..*)$/.test(at))),
  },
  {
    reason: 'skopeo also copies the empty layer of an image in schema 1, which nothing names once it is converted.',
    holds: (one, { at, ours }) =>
      one.image === 'docker in schema 1' && ours === undefined && /^files\.(blobs\/sha256\/)?[0-9a-f]{64}$/.test(at),
  },
  {
    reason:
      'A config keeps its bytes, and so does the image ID. skopeo writes it anew when it makes an OCI image of a Docker one, without the fields that OCI does not know.',
    holds: (one, { at, theirs }) =>
      isDockerImage(one) && (at === 'digest' || (/^root\.(images\.\d+\.)?config\./.test(at) && theirs === undefined)),
  },
  {
    reason:
      'A zstd:chunked layer also has the annotations that podman 4 looks for, whose names have no "github" in them; skopeo 1.22 writes the new ones only.',
    holds: (_, { at, theirs }) => /\.annotations\.io\.containers\.zstd-chunked\./.test(at) && theirs === undefined,
  },
  {
    reason: 'skopeo drops the annotations of a layer that it compresses otherwise; they are kept.',
    holds: (one, { at, theirs }) =>
      one.image === 'oci with annotations' &&
      /^root\.manifest\.layers\.\d+\.annotations/.test(at) &&
      theirs === undefined,
  },
  {
    reason:
      'The files that Docker before 1.10 reads in a docker-archive (repositories, and a folder for each layer) are not written.',
    holds: (one, { at, ours }) =>
      one.to === 'docker-archive' &&
      ours === undefined &&
      /^(around\.repositories$|files\.(repositories$|[0-9a-f]{64}(\/|$)))/.test(at),
  },
  {
    reason: 'A docker-archive has one form, so --format oci decides nothing there; skopeo fails.',
    holds: (one, difference) =>
      one.to === 'docker-archive' && format(one) === 'oci' && theyRefuse(difference, /need a Docker schema 2 manifest/),
  },
  {
    reason:
      'Layers of a docker-archive are never compressed, so --dest-compress-format zstd decides nothing there; skopeo fails.',
    holds: (one, difference) =>
      one.to === 'docker-archive' &&
      isZstd(one) &&
      theyRefuse(difference, /compression using zstd(:chunked)? required/),
  },
  {
    reason:
      'dir: compresses with --dest-compress only, so without it zstd and --format v2s2 are no contradiction; skopeo fails.',
    holds: (one, difference) =>
      one.to === 'dir' && isZstd(one) && theyRefuse(difference, /compression using zstd(:chunked)? required together/),
  },
  {
    reason:
      'With --dest-compress-format zstd and no --dest-compress, skopeo makes an OCI image of what it writes to dir:, and compresses nothing.',
    holds: (one, { at }) =>
      one.to === 'dir' &&
      isZstd(one) &&
      !has(one, '--dest-compress') &&
      format(one) === undefined &&
      (isManifestType.test(at) || at === 'digest'),
  },
  {
    reason: 'Layers in zstd become gzip in the formats of Docker, which have no name for them; skopeo fails.',
    holds: (one, difference) =>
      format(one)?.startsWith('v2') === true &&
      theyRefuse(difference, /zstd compression is not officially supported for docker images/),
  },
  {
    reason:
      'skopeo calls the layers of a docker-archive gzip, which they are not, and keeps them so where it does not compress: such an image says what is not true. They are compressed, or called what they are.',
    holds: (one, { at }) =>
      one.from === 'docker-archive' &&
      (one.to === 'dir' || has(one, '--dest-oci-accept-uncompressed-layers')) &&
      (isLayerField.test(at) || at === 'digest'),
  },
  {
    reason:
      'What a docker-archive holds has no manifest, so there is no digest that could be preserved: a manifest of OCI is made, or the copy is refused.',
    holds: (one, difference) =>
      has(one, '--preserve-digests') &&
      (one.from === 'docker-archive' || one.to === 'docker-archive') &&
      (isManifestType.test(difference.at) || weRefuse(difference, /the digest cannot be preserved/)),
  },
  {
    reason:
      'A level that the compression has not is an error, as the manual says; skopeo takes zstd 21, and any where nothing is compressed.',
    holds: (one, difference) =>
      has(one, '--dest-compress-level') && weRefuse(difference, /has levels 1 to (9|20), and none of/),
  },
]
