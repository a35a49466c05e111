import type { Access } from '../../auth/index.ts'
import { isLadingError, LadingError } from '../../errors/index.ts'
import { defaultRetryPolicy, type HttpResponse } from '../../http/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { type Digest, digestParts, isDigest } from '../../model/digest.ts'
import { detectMediaType, maxManifestBytes } from '../../model/manifest.ts'
import { manifestDigest } from '../../model/manifest-digest.ts'
import {
  acceptedManifestTypes,
  bareMediaType,
  isIndexType,
  isManifestType,
  isSchema1Type,
} from '../../model/media-types.ts'
import { readAll } from '../../streams/index.ts'
import type { RegistryClient } from './registry-client.ts'

/** The manifests of one repository. `name` is a tag or a digest. */
export interface ManifestAddress {
  readonly client: RegistryClient
  readonly access: Access
  readonly name: string
  /** How often it is asked for in all, where not as often as usual. */
  readonly attempts?: number | undefined
}

export interface FetchedManifest {
  readonly node: Node
  readonly bytes: Uint8Array
}

/** What a registry answers to a HEAD that it has not learnt, though the specification asks for it. */
const headRefused = [400, 405]

/**
 * What a name is now, `undefined` where it is not there. By HEAD, which Docker Hub does not count as a pull; where its answer lacks
 * a part, by GET, and then with the bytes.
 *
 * @throws LadingError
 */
export async function resolveManifest(
  address: ManifestAddress,
  signal: AbortSignal | undefined,
): Promise<{ readonly node: Node; readonly bytes?: Uint8Array } | undefined> {
  const response = await askManifest('HEAD', address, [200, 404, ...headRefused], signal)
  await response.discard()
  if (response.status === 404) return undefined
  const node = response.status === 200 ? nodeOfHeaders(response, address.name) : undefined
  return node === undefined ? fetchManifest(address, signal) : { node }
}

/** What a HEAD says, if it says all. It is believed for the name only: the bytes are checked when they come. */
function nodeOfHeaders({ headers }: HttpResponse, name: string): Node | undefined {
  const digest = headers.get('docker-content-digest') ?? name
  const size = Number(headers.get('content-length') ?? 0)
  const mediaType = bareMediaType(headers.get('content-type') ?? '')
  if (!isDigest(digest) || !(Number.isSafeInteger(size) && size > 0)) return undefined
  // Asked by digest, the answer is that digest, or wrong: reading it will tell.
  if (isDigest(name) && digest !== name) return undefined
  if (!(isIndexType(mediaType) || isManifestType(mediaType) || isSchema1Type(mediaType))) return undefined
  return { kind: isIndexType(mediaType) ? 'index' : 'manifest', mediaType, digest, size }
}

/**
 * A manifest and its bytes, `undefined` where it is not there. The digest is computed from the bytes, and is the one asked for.
 *
 * @throws LadingError `too-large` while reading, `digest-mismatch` where the bytes are not what was asked for or said
 */
export async function fetchManifest(
  address: ManifestAddress,
  signal: AbortSignal | undefined,
): Promise<FetchedManifest | undefined> {
  const began = Date.now()
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetchOnce(address, signal)
    } catch (error) {
      const isBroken = isLadingError(error, 'network', 'timeout') && error.tried === undefined
      // A wrong byte may be the network's: it is read once more, as a blob is.
      const isWrong = isLadingError(error, 'digest-mismatch') && attempt === 1
      if (!(isBroken || isWrong)) throw error
      if (attempt === (address.attempts ?? defaultRetryPolicy.attempts)) {
        throw error.afterTrying({ attempts: attempt, milliseconds: Date.now() - began })
      }
      const pause = { attempt, subject: `GET manifest ${address.name}`, reason: error.message, again: true } as const
      if (!(await address.client.session.http.pause(pause, signal))) throw error
    }
  }
}

async function fetchOnce(
  address: ManifestAddress,
  signal: AbortSignal | undefined,
): Promise<FetchedManifest | undefined> {
  const response = await askManifest('GET', address, [200, 404], signal)
  if (response.status === 404) {
    await response.discard()
    return undefined
  }
  const bytes = await readAll(response.body, maxManifestBytes, `the manifest ${address.name}`)
  return { bytes, node: nodeOfBytes(response, address.name, bytes) }
}

function nodeOfBytes({ headers }: HttpResponse, name: string, bytes: Uint8Array): Node {
  const said = headers.get('docker-content-digest') ?? ''
  const digest = checkedDigest(bytes, isDigest(name) ? name : isDigest(said) ? said : undefined)
  const declared = bareMediaType(headers.get('content-type') ?? '')
  const known = isIndexType(declared) || isManifestType(declared) || isSchema1Type(declared)
  // Registries and proxies also say text/plain, application/json or nothing: then the document says what it is.
  const mediaType = known ? declared : detectMediaType(bytes)
  return { kind: isIndexType(mediaType) ? 'index' : 'manifest', mediaType, digest, size: bytes.byteLength }
}

function checkedDigest(bytes: Uint8Array, expected: Digest | undefined): Digest {
  if (expected === undefined) return manifestDigest(bytes)
  const actual = manifestDigest(bytes, digestParts(expected).algorithm)
  if (actual !== expected) throw new LadingError('digest-mismatch', `expected the manifest ${expected}, got ${actual}`)
  return actual
}

/** Whether a manifest is there, as large as it must be. */
export async function hasManifest(
  address: ManifestAddress,
  size: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const found = await resolveManifest(address, signal)
  return found !== undefined && found.node.size === size
}

/** `untold`: whoever may write here may not read. */
async function storedManifest(
  address: ManifestAddress,
  signal: AbortSignal | undefined,
): Promise<Digest | 'untold' | undefined> {
  try {
    return (await resolveManifest(address, signal))?.node.digest
  } catch (error) {
    if (isLadingError(error, 'denied', 'unauthorized')) return 'untold'
    throw error
  }
}

/** How often a manifest is sent that is stored as something else. */
const putAttempts = 2

/**
 * Stores a manifest as the exact bytes that it is.
 *
 * @returns whether the registry says that it lists what the manifest refers to (`OCI-Subject`)
 * @throws LadingError `protocol-error` where the registry says that it has stored something else
 */
export async function putManifest(
  { client, access, name }: ManifestAddress,
  manifest: { readonly mediaType: string; readonly bytes: Uint8Array },
  signal: AbortSignal | undefined,
): Promise<{ readonly listsReferrer: boolean }> {
  for (let attempt = 1; ; attempt++) {
    const response = await client.ask({
      method: 'PUT',
      target: `/v2/${access.repository}/manifests/${name}`,
      headers: { 'content-type': manifest.mediaType },
      body: manifest.bytes,
      access: [access],
      subject: `manifest ${name}`,
      expected: [200, 201, 202, 204],
      signal,
    })
    await response.discard()
    const said = response.headers.get('docker-content-digest')
    const done = { listsReferrer: response.headers.get('oci-subject') !== undefined }
    if (said === undefined && response.status === 201) return done
    // Who says neither that nor what is asked: a page of whoever stands in between has the status 200.
    const stored = said ?? (await storedManifest({ client, access, name }, signal))
    if (stored === 'untold') return done
    const sent = manifestDigest(
      manifest.bytes,
      stored !== undefined && isDigest(stored) ? digestParts(stored).algorithm : undefined,
    )
    if (stored === sent || (said !== undefined && !isDigest(said))) return done
    // A wrong byte may be the network's. What stands there is not what anybody wanted.
    if (attempt < putAttempts) continue
    throw new LadingError(
      'protocol-error',
      `${client.session.registry} stored ${stored ?? 'nothing'} where ${sent} was sent`,
      {
        status: response.status,
        hint: 'the registry, or a proxy before it, changes manifests',
      },
    )
  }
}

function askManifest(
  method: 'GET' | 'HEAD',
  { client, access, name, attempts }: ManifestAddress,
  expected: readonly number[],
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  return client.ask({
    method,
    target: `/v2/${access.repository}/manifests/${name}`,
    headers: { accept: acceptedManifestTypes.join(', ') },
    access: [access],
    subject: `manifest ${name}`,
    expected,
    signal,
    ...(attempts === undefined ? {} : { attempts }),
  })
}
