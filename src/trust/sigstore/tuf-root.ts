import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fromFileError, isLadingError, LadingError, systemCode } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import { cacheFolder } from '../../stores/cache-folder.ts'
import { readAll, readSmallFile } from '../../streams/index.ts'
import { serviceUrl } from './service-request.ts'
import { readTrustedRoot, type TrustedRoot } from './trusted-root.ts'

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
 * lading's folder of caches, where nothing of it is believed without its signatures.
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
  // Another first root is another repository, whatever its address: nothing of the one is there for the other.
  const name = createHash('sha256').update(mirror).update('\0').update(first).digest('hex').slice(0, 32)
  const folder = path.join(cacheFolder(environment), 'tuf', name)
  await keepFirst(folder, first)
  const { BaseFetcher, Updater } = await import('tuf-js')
  let failure: unknown
  class Fetcher extends BaseFetcher {
    override async fetch(url: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
      try {
        return await download(http, url, signal)
      } catch (error) {
        if (!isMissing(error)) failure = error
        throw error
      }
    }
  }
  try {
    const updater = new Updater({
      metadataDir: folder,
      metadataBaseUrl: mirror.replace(/\/+$/, ''),
      targetDir: path.join(folder, 'targets'),
      targetBaseUrl: `${mirror.replace(/\/+$/, '')}/targets`,
      fetcher: new Fetcher(),
    })
    const info = await updater.getTargetInfo(target)
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
      cause,
    })
  }
}

async function seedOf(mirror: string): Promise<Buffer | undefined> {
  if (mirror.replace(/\/+$/, '') !== publicMirror) return undefined
  const { default: seeds } = await import('@sigstore/tuf/seeds.json', { with: { type: 'json' } })
  return Buffer.from(seeds[publicMirror]['root.json'], 'base64')
}

async function keepFirst(folder: string, root: Uint8Array): Promise<void> {
  try {
    await mkdir(path.join(folder, 'targets'), { recursive: true, mode: 0o700 })
    // one that is there may be a later one, which followed from this
    await writeFile(path.join(folder, 'root.json'), root, { flag: 'wx' })
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw fromFileError(error, { operation: 'read trusted root', subject: folder })
  }
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

async function download(
  http: HttpClient,
  url: string,
  signal: AbortSignal | undefined,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
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
  const bytes = new Uint8Array(await readAll(response.body, mostBytes, url))
  return new Blob([bytes]).stream()
}

function isMissing(error: unknown): boolean {
  return !isLadingError(error)
}
