import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromFileError, LadingError, systemCode } from '../../../errors/index.ts'
import { type HttpClient, redactUrl } from '../../../http/index.ts'
import { type Digest, digestParts } from '../../../model/digest.ts'
import { limits } from '../../../model/limits.ts'
import { readAll, readSmallFile } from '../../../streams/index.ts'
import { replaceFile } from '../../../streams/replace-file.ts'
import { isSignatureFile } from '../../signature-file.ts'

/** How a lookaside store is reached. */
export interface LookasideAccess {
  http(): Promise<HttpClient>
  readonly tlsVerify?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The signatures of a manifest in a lookaside store: `signature-1` and on, up to the first that is not there.
 *
 * @param base the store's URL, with the repository's path
 * @throws LadingError what the file system or the server says; `too-large` where there are more than anybody makes
 */
export async function readLookaside(base: URL, manifest: Digest, access: LookasideAccess): Promise<Uint8Array[]> {
  const signatures: Uint8Array[] = []
  for (let number = 1; ; number++) {
    const url = signatureUrl(base, manifest, number)
    const bytes = url.protocol === 'file:' ? await readFile(url) : await readServer(url, access)
    if (bytes === undefined) return signatures
    if (number > limits.signatures) {
      const message = `${shown(base)} has more than ${limits.signatures} signatures of ${manifest}`
      throw new LadingError('too-large', message, { operation: 'read signatures', subject: shown(base) })
    }
    if (!isSignatureFile(bytes)) {
      throw new LadingError('protocol-error', `what stands at ${shown(url)} is no signature`, {
        operation: 'read signatures',
        subject: shown(url),
        hint: 'a lookaside store answers 404 where there is none; registries.d says which one is read',
      })
    }
    signatures.push(bytes)
  }
}

/**
 * Makes these the signatures of a manifest in a lookaside store that is a directory.
 *
 * @throws LadingError `unsupported` where it is a server
 */
export async function writeLookaside(base: URL, manifest: Digest, signatures: readonly Uint8Array[]): Promise<void> {
  if (base.protocol !== 'file:') {
    throw new LadingError('unsupported', `signatures cannot be written to ${shown(base)}, which is read alone`, {
      operation: 'write signatures',
      hint: 'name a directory with lookaside-staging in registries.d (file:///PATH), and bring what is there to the server',
    })
  }
  const files = signatures.map((_, at) => fileOf(signatureUrl(base, manifest, at + 1)))
  try {
    for (const [at, file] of files.entries()) {
      await mkdir(path.dirname(file), { recursive: true })
      await replaceFile(file, signatures[at] ?? '', { mode: 0o644 })
    }
    // Up to the first that is absent: what follows that, nobody reads.
    for (let number = signatures.length + 1; await remove(signatureUrl(base, manifest, number)); number++);
  } catch (error) {
    throw fromFileError(error, { operation: 'write signatures', subject: shown(base) })
  }
}

function signatureUrl(base: URL, manifest: Digest, number: number): URL {
  const { algorithm, hex } = digestParts(manifest)
  const url = new URL(base)
  url.pathname = `${base.pathname}@${algorithm}=${hex}/signature-${number}`
  return url
}

function fileOf(url: URL): string {
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw new LadingError('bad-config', `${shown(url)} names no file of this machine`, {
      operation: 'read registries.d',
      cause,
      hint: 'write file:///PATH, with three slashes',
    })
  }
}

async function readFile(url: URL): Promise<Uint8Array | undefined> {
  const file = fileOf(url)
  try {
    return await readSmallFile(file)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined
    throw fromFileError(error, { operation: 'read signatures', subject: file })
  }
}

async function remove(url: URL): Promise<boolean> {
  try {
    await rm(fileOf(url))
    return true
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return false
    throw error
  }
}

async function readServer(url: URL, { http, tlsVerify, signal }: LookasideAccess): Promise<Uint8Array | undefined> {
  const client = await http()
  const { href } = url
  const response = await client.request({
    method: 'GET',
    url: href,
    tlsVerify,
    documentBytes: limits.signatureBytes,
    signal,
  })
  if (response.status === 200) return await readAll(response.body, limits.signatureBytes, 'the signature')
  await response.discard()
  if (response.status === 404) return undefined
  const code = response.status === 403 || response.status === 401 ? 'denied' : 'server-error'
  throw new LadingError(code, `${shown(url)} answered ${response.status}`, {
    operation: 'read signatures',
    subject: shown(url),
    status: response.status,
    hint: 'signatures are read where registries.d says; --registries.d names another folder for it',
  })
}

function shown(url: URL): string {
  return redactUrl(url.href)
}
