import { createHash } from 'node:crypto'
import { fromFileError, LadingError } from '../../errors/index.ts'
import { readSmallFile } from '../../streams/index.ts'
import type { KeyContext } from '../../trust/signers/key-context.ts'
import { openPublicKey } from '../../trust/signers/open-signer.ts'
import {
  fetchTrustedRoot,
  formatPublicKey,
  publicKeyBytes,
  readPublicKey,
  readTrustedRootFile,
  type SignerTrust,
  type TrustedRoot,
} from '../../trust/sigstore/index.ts'
import type { VerifyOptions } from './verify-options.ts'

/** Who must have signed. */
export interface VerificationTrust {
  readonly signers: SignerTrust
  /** The keys as they were named, with what they are: PEM. None where an identity is asked for. */
  readonly keys: readonly { readonly name: string; readonly pem: string }[]
}

/**
 * Reads the keys, and the authorities and logs.
 *
 * @throws LadingError `bad-argument` where nobody, or too much, is named; `bad-key`, `bad-config`, and what services of keys throw
 */
export async function readTrust(options: VerifyOptions, context: KeyContext): Promise<VerificationTrust> {
  const { keys = [], identity, ignoreLog = false, signal } = options
  const refuse = (message: string, hint?: string) => new LadingError('bad-argument', message, { hint })
  if (keys.length === 0 && identity === undefined)
    throw refuse('nobody is named who must have signed', 'name a key, or the identity and issuer of a certificate')
  if (keys.length > 0 && identity !== undefined)
    throw refuse('keys and the identity of a certificate cannot be asked for together', 'verify twice')
  if (identity !== undefined) {
    if (ignoreLog) {
      throw refuse('a certificate is valid for minutes, and a log says when it was used: it cannot be left out')
    }
    const fetched = async () => await fetchTrustedRoot(await context.http(), { environment: context.environment })
    const { maxAgeSeconds, ...wanted } = identity
    const since = maxAgeSeconds === undefined ? {} : { since: new Date(Date.now() - maxAgeSeconds * 1000) }
    return { signers: { identity: { ...wanted, ...since }, root: await rootOf(options, fetched) }, keys: [] }
  }
  const named: { name: string; pem: string }[] = []
  for (const name of keys) named.push({ name, pem: formatPublicKey(await openPublicKey(name, context, signal)) })
  const asksForLog = !ignoreLog && (options.trustedRoot ?? options.rekorKeys?.[0]) !== undefined
  const root = asksForLog ? { root: await rootOf(options, async () => noRoot) } : {}
  return { signers: { keys: named.map(({ pem }) => pem), ...root }, keys: named }
}

const noRoot: TrustedRoot = { tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] }

/** @param otherwise the root where no file is named */
async function rootOf(
  { trustedRoot, rekorKeys = [] }: VerifyOptions,
  otherwise: () => Promise<TrustedRoot>,
): Promise<TrustedRoot> {
  const root = trustedRoot === undefined ? await otherwise() : await readTrustedRootFile(trustedRoot)
  const logs = await Promise.all(rekorKeys.map(async file => logOf((await readTrusted(file)).toString(), file)))
  return { ...root, tlogs: [...root.tlogs, ...logs] }
}

function logOf(pem: string, file: string): TrustedRoot['tlogs'][number] {
  const publicKey = named(file, () => readPublicKey(pem))
  const logID = createHash('sha256').update(publicKeyBytes(publicKey)).digest()
  return { baseURL: '', logID, publicKey, validFor: { start: new Date(0), end: new Date(8_640_000_000_000_000) } }
}

function named<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof LadingError ? error.with({ subject: file, side: 'local' }) : error
  }
}

async function readTrusted(file: string): Promise<Buffer> {
  try {
    return await readSmallFile(file)
  } catch (cause) {
    const { message } = fromFileError(cause, {})
    throw new LadingError('bad-config', message, { operation: 'read trust', subject: file, side: 'local', cause })
  }
}
