import type { KeyObject, X509Certificate } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'
import type { Environment } from '../../transports/programs/find-program.ts'
import { jweWrapper } from './jwe/jwe-wrapper.ts'
import type { KeyWrapper } from './key-wrapper.ts'
import { type PublicKey, parsePublicKey } from './parse-public-key.ts'
import { pgpWrapper } from './pgp/pgp-wrapper.ts'
import { parseCertificate } from './pkcs7/parse-certificate.ts'
import { pkcs7Wrapper } from './pkcs7/pkcs7-wrapper.ts'
import { callProvider } from './provider/call-provider.ts'
import { parseProvider } from './provider/parse-provider.ts'
import { readProviderCommand } from './provider/provider-config.ts'
import { readKeyFile } from './read-key-file.ts'

export interface KeyContext {
  readonly environment: Environment
  readonly signal?: AbortSignal | undefined
  /** Tells what works and should not be relied on. */
  warn(message: string): void
}

/** Below this an RSA key is within reach of who can pay for it (NIST SP 800-131A). */
const leastRsaBits = 2048

/**
 * Reads whom the keys of layers are wrapped for: `jwe:PATH`, `pkcs7:PATH`, `pgp:RECIPIENT`, `provider:NAME[:…]`.
 *
 * @returns one wrapper for each kind
 * @throws LadingError `bad-argument`, `io`, `bad-config`, `unsupported`
 */
export async function readRecipients(
  recipients: readonly string[],
  context: KeyContext,
): Promise<readonly KeyWrapper[]> {
  const publicKeys: PublicKey[] = []
  const certificates: X509Certificate[] = []
  const people: string[] = []
  const providers = new Map<string, string[]>()
  for (const recipient of recipients) {
    const colon = recipient.indexOf(':')
    const value = recipient.slice(colon + 1)
    const protocol = colon < 0 ? '' : recipient.slice(0, colon)
    if (value === '') throw badRecipient(`nothing is named after ${protocol}:`)
    if (protocol === 'jwe') {
      const key = parsePublicKey(await readKeyFile(value), value)
      warnOfShortKey(key.key, value, context)
      publicKeys.push(key)
    } else if (protocol === 'pkcs7') certificates.push(await readCertificate(value, context))
    else if (protocol === 'pgp') people.push(value)
    else if (protocol === 'provider') {
      const { provider, given } = parseProvider(value)
      providers.set(provider, [...(providers.get(provider) ?? []), given])
    } else if (protocol === 'pkcs11') throw noPkcs11()
    else
      throw badRecipient(
        protocol === ''
          ? 'an encryption key names no protocol'
          : `the protocol ${JSON.stringify(protocol)} is not known`,
      )
  }
  const { environment, signal } = context
  return [
    ...(publicKeys.length === 0 ? [] : [jweWrapper(publicKeys)]),
    ...(certificates.length === 0 ? [] : [pkcs7Wrapper(certificates)]),
    ...(people.length === 0 ? [] : [await pgpWrapper(people, environment, signal)]),
    ...(await Promise.all([...providers].map(([provider, given]) => providerWrapper(provider, given, context)))),
  ]
}

export function noPkcs11(): LadingError {
  return new LadingError('unsupported', 'keys in PKCS #11 modules cannot be used', {
    hint: 'a key provider program can use them: provider:NAME',
  })
}

async function readCertificate(path: string, context: KeyContext): Promise<X509Certificate> {
  const certificate = parseCertificate(await readKeyFile(path))
  if (certificate === undefined) {
    throw new LadingError('bad-argument', 'it is no X.509 certificate', { subject: path, hint: 'it is PEM or DER' })
  }
  if (certificate.publicKey.asymmetricKeyType !== 'rsa') {
    throw new LadingError('bad-argument', 'the key of the certificate is not one of RSA, which pkcs7 needs', {
      subject: path,
    })
  }
  warnOfShortKey(certificate.publicKey, path, context)
  return certificate
}

async function providerWrapper(
  provider: string,
  given: readonly string[],
  { environment }: KeyContext,
): Promise<KeyWrapper> {
  const command = await readProviderCommand(provider, environment)
  return {
    scheme: `provider.${provider}`,
    wrap: (bytes, signal) =>
      callProvider(command, { operation: 'keywrap', bytes, provider, given }, environment, signal),
  }
}

function warnOfShortKey(key: KeyObject, path: string, { warn }: KeyContext): void {
  const bits = key.asymmetricKeyDetails?.modulusLength
  if (bits === undefined || bits >= leastRsaBits) return
  warn(
    `the key ${path} has ${bits} bits: what is encrypted for it is not safe from everybody; ${leastRsaBits} are the least to use`,
  )
}

function badRecipient(message: string): LadingError {
  return new LadingError('bad-argument', message, {
    operation: 'read the encryption keys',
    hint: 'jwe:PUBLIC-KEY-FILE, pkcs7:CERTIFICATE-FILE, pgp:E-MAIL-ADDRESS or provider:NAME',
  })
}
