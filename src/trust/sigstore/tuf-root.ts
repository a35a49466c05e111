import { isLadingError, LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import { readAll, readSmallFile } from '../../streams/index.ts'
import { serviceUrl } from './service-request.ts'
import { readTrustedRoot, type TrustedRoot } from './trusted-root.ts'
import { openTufCache } from './tuf-cache.ts'

/** The repository of sigstore's public services. */
const publicMirror = 'https://tuf-repo-cdn.sigstore.dev'
const target = 'trusted_root.json'

export interface TufOptions {
  /** Where the repository is. Default: that of sigstore's public services. */
  readonly mirror?: string | undefined
  /** The first `root.json` of that repository, which decides what is believed of all later ones. Needed for any other than the public one. */
  readonly root?: Uint8Array | undefined
  readonly environment?: NodeJS.ProcessEnv | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The trusted root of a repository of The Update Framework: who may be trusted is signed there, dated, and never goes back. What was read is kept in
 * lading's folder of caches, where nothing of it is believed without its signatures: each root, too, is followed from the first one again.
 *
 * @throws LadingError `bad-config` for a first root that is none, `untrusted` for a repository that does not follow from it, `network`
 */
export async function fetchTrustedRoot(http: HttpClient, options: TufOptions = {}): Promise<TrustedRoot> {
  const { mirror = publicMirror, root, environment = process.env, signal } = options
  serviceUrl({ url: mirror, name: 'the TUF repository' }, '')
  const first = root ?? (await seedOf(mirror))
  if (first === undefined) {
    throw new LadingError('bad-config', 'the first root.json of the TUF repository is needed', {
      operation: 'read trusted root',
      subject: mirror,
      hint: 'who runs the repository gives it; it decides what is believed',
    })
  }
  const cache = await openTufCache(mirror, first, environment)
  const { BaseFetcher, Updater } = await import('tuf-js')
  let failure: unknown
  const followed = new Map<string, Uint8Array>()
  class Fetcher extends BaseFetcher {
    override async fetch(url: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
      const root = /\/(\d+\.root\.json)$/.exec(url)?.[1]
      try {
        const kept = root === undefined ? undefined : await cache.root(root)
        const bytes = kept ?? (await download(http, url, signal))
        if (root !== undefined && kept === undefined) followed.set(root, bytes)
        return new Blob([new Uint8Array(bytes)]).stream()
      } catch (error) {
        if (!isMissing(error)) failure = error
        throw error
      }
    }
  }
  try {
    const updater = new Updater({
      metadataDir: cache.folder,
      metadataBaseUrl: mirror.replace(/\/+$/, ''),
      targetDir: cache.targets,
      targetBaseUrl: `${mirror.replace(/\/+$/, '')}/targets`,
      fetcher: new Fetcher(),
    })
    const info = await updater.getTargetInfo(target)
    for (const [name, bytes] of followed) await cache.keepRoot(name, bytes)
    if (info === undefined) throw new Error(`it has no ${target}`)
    const file = (await updater.findCachedTarget(info)) ?? (await updater.downloadTarget(info))
    return await readTrustedRoot(await readSmallFile(file))
  } catch (cause) {
    if (failure !== undefined) throw isLadingError(failure) ? unreachable(failure) : failure
    if (isLadingError(cause)) throw cause
    const why = cause instanceof Error ? cause.message : 'unknown'
    throw new LadingError('untrusted', `the TUF repository is not to be trusted: ${why}`, {
      operation: 'read trusted root',
      subject: mirror,
      hint: `what is kept of it is in ${cache.folder}: without that folder it is read anew`,
      cause,
    })
  }
}

async function seedOf(mirror: string): Promise<Buffer | undefined> {
  if (mirror.replace(/\/+$/, '') !== publicMirror) return undefined
  const { default: seeds } = await import('@sigstore/tuf/seeds.json', { with: { type: 'json' } })
  return Buffer.from(seeds[publicMirror]['root.json'], 'base64')
}

function unreachable(failure: LadingError): LadingError {
  return new LadingError(failure.code, `the trusted root of sigstore cannot be read: ${failure.message}`, {
    operation: 'read trusted root',
    subject: failure.subject,
    cause: failure,
    hint: 'give a copy of it (trusted_root.json) with --trusted-root',
  })
}

/** More than any file of such a repository has. */
const mostBytes = 4 * 1024 * 1024

async function download(http: HttpClient, url: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const response = await http.request({ method: 'GET', url, documentBytes: mostBytes, signal })
  if (response.status !== 200) {
    await response.discard()
    const { DownloadHTTPError } = await import('tuf-js/dist/error.js')
    if (response.status === 404 || response.status === 403) throw new DownloadHTTPError('absent', response.status)
    throw new LadingError('server-error', `the TUF repository answered ${response.status}`, {
      operation: 'read trusted root',
      subject: url,
      status: response.status,
    }).afterTrying(response.tried)
  }
  return await readAll(response.body, mostBytes, url)
}

function isMissing(error: unknown): boolean {
  return !isLadingError(error)
}
