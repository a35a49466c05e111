import { isLadingError } from '../errors/index.ts'
import { isManifestNode } from '../model/descriptor.ts'
import { type Digest, digestOf, digestParts, isDigest } from '../model/digest.ts'
import { childrenOf, type Manifest, maxManifestBytes, parseManifest } from '../model/manifest.ts'
import { bareMediaType, ociIndex } from '../model/media-types.ts'
import { type Answer, type Call, jsonBytes, refuse } from './fake-registry-answer.ts'
import type { StoredManifest } from './fake-registry-repository.ts'

const tagGrammar = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/

/** `/v2/NAME/manifests/REFERENCE`. */
export async function answerManifest(call: Call, reference: string): Promise<Answer> {
  const { repository, method, quirks } = call
  if (!isDigest(reference) && !tagGrammar.test(reference)) return refuse(400, 'TAG_INVALID', 'not a tag or a digest')
  if (method === 'PUT') return put(call, reference)
  const digest = isDigest(reference) ? reference : repository.tags.get(reference)
  const manifest = digest === undefined ? undefined : repository.manifests.get(digest)
  if (digest === undefined || manifest === undefined) return refuse(404, 'MANIFEST_UNKNOWN', 'manifest unknown')
  if (method === 'DELETE') {
    return quirks.deletesNothing ? refuse(405, 'UNSUPPORTED', 'it is unsupported') : remove(call, reference)
  }
  if (!accepts(call.request.headers.accept, manifest.mediaType)) {
    return refuse(404, 'MANIFEST_UNKNOWN', `${manifest.mediaType} was found, and it is not accepted`)
  }
  return {
    status: 200,
    headers: {
      'content-type': manifest.mediaType,
      ...(quirks.noContentDigest ? {} : { 'docker-content-digest': digest }),
    },
    body: manifest.bytes,
  }
}

/** `GET /v2/NAME/tags/list`, in the order and pages of the specification's "Listing Tags". */
export function answerTags({ url, name, repository, quirks, origins }: Call): Answer {
  const last = url.searchParams.get('last') ?? ''
  const asked = url.searchParams.get('n')
  const count = quirks.tagsPageSize ?? (asked === null ? Number.POSITIVE_INFINITY : Number(asked))
  const rest = [...repository.tags.keys()].filter(tag => tag > last).sort()
  const tags = rest.slice(0, count)
  const next = `/v2/${name}/tags/list?last=${tags.at(-1) ?? ''}&n=${count}`
  const link = `<${quirks.absoluteLinks ? origins.own : ''}${next}>; rel="next"`
  return {
    status: 200,
    headers: { 'content-type': 'application/json', ...(tags.length < rest.length ? { link } : {}) },
    body: jsonBytes({ name, tags }),
  }
}

/** `GET /v2/NAME/referrers/DIGEST`: an index, empty where nothing refers to the subject. */
export function answerReferrers({ url, repository, quirks }: Call, subject: string): Answer {
  if (quirks.noReferrers) return refuse(404, 'NOT_FOUND', 'page not found')
  const wanted = url.searchParams.get('artifactType')
  const manifests = [...repository.manifests].flatMap(([digest, stored]) => referrer(digest, stored, subject))
  const filtered = wanted === null ? manifests : manifests.filter(entry => entry.artifactType === wanted)
  return {
    status: 200,
    headers: { 'content-type': ociIndex, ...(wanted === null ? {} : { 'oci-filters-applied': 'artifactType' }) },
    body: jsonBytes({ schemaVersion: 2, mediaType: ociIndex, manifests: filtered }),
  }
}

function referrer(digest: Digest, { mediaType, bytes }: StoredManifest, subject: string) {
  const manifest = parseManifest(bytes, mediaType)
  if (manifest.subject?.digest !== subject) return []
  const configType = manifest.kind === 'manifest' ? manifest.config.mediaType : undefined
  const artifactType = manifest.artifactType ?? configType
  return [{ mediaType, digest, size: bytes.length, artifactType, annotations: manifest.annotations }]
}

async function put(call: Call, reference: string): Promise<Answer> {
  const { repository, quirks, name } = call
  const bytes = await call.body(maxManifestBytes)
  if (bytes === undefined) return refuse(413, 'MANIFEST_INVALID', 'the manifest is too large')
  const mediaType = bareMediaType(call.request.headers['content-type'] ?? '')
  if (quirks.refusedManifestTypes.includes(mediaType)) return refuse(400, 'MANIFEST_INVALID', `${mediaType} is refused`)
  let manifest: Manifest
  try {
    manifest = parseManifest(bytes, mediaType)
  } catch (error) {
    if (!isLadingError(error)) throw error
    return refuse(400, 'MANIFEST_INVALID', error.message)
  }
  if (manifest.mediaType !== mediaType) return refuse(400, 'MANIFEST_INVALID', 'Content-Type names another type')
  const digest = digestOf(bytes, isDigest(reference) ? digestParts(reference).algorithm : 'sha256')
  if (isDigest(reference) && reference !== digest) return refuse(400, 'DIGEST_INVALID', `the content is ${digest}`)
  const missing = childrenOf(manifest).find(child =>
    isManifestNode(child) ? !repository.manifests.has(child.digest) : !repository.blobs.has(child.digest),
  )
  if (missing !== undefined && !quirks.acceptsMissingContent) {
    return refuse(404, 'MANIFEST_BLOB_UNKNOWN', `${missing.digest} is not here`)
  }
  repository.manifests.set(digest, { mediaType, bytes })
  if (!isDigest(reference)) repository.tags.set(reference, digest)
  const subject = quirks.noReferrers ? undefined : manifest.subject?.digest
  return {
    status: 201,
    headers: {
      location: `/v2/${name}/manifests/${digest}`,
      'docker-content-digest': quirks.putAnswersOtherDigest ? digestOf(jsonBytes('another manifest')) : digest,
      ...(subject === undefined ? {} : { 'oci-subject': subject }),
    },
  }
}

/** Without its tag by tag, with every tag of it by digest: the specification's "Deleting tags" and "Deleting Manifests". */
function remove({ repository }: Call, reference: string): Answer {
  if (!isDigest(reference)) {
    repository.tags.delete(reference)
    return { status: 202 }
  }
  repository.manifests.delete(reference)
  for (const [tag, digest] of repository.tags) {
    if (digest === reference) repository.tags.delete(tag)
  }
  return { status: 202 }
}

/** A type that is not asked for is not found: what distribution does for OCI types. */
function accepts(header: string | undefined, mediaType: string): boolean {
  const accepted = (header ?? '').split(',').map(bareMediaType)
  return accepted.includes(mediaType) || accepted.includes('*/*')
}
