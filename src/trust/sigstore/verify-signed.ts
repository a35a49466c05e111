import { createHash, type KeyObject } from 'node:crypto'
import type { TransparencyLogEntry } from '@sigstore/bundle'
import type { SignedEntity } from '@sigstore/verify'
import { LadingError } from '../../errors/index.ts'
import { certifiedKey, readCertificate } from './certificate-chain.ts'
import { readCertificateNames } from './certificate-names.ts'
import { requireSameVerifier } from './log-verifier.ts'
import { formatPublicKey, publicKeyBytes, readPublicKey } from './read-public-key.ts'
import { isSignedBy } from './signature-scheme.ts'
import type { IdentityTrust, SignerTrust, VerifiedSigner } from './signer-trust.ts'
import type { TrustedRoot } from './trusted-root.ts'

const codeSigning = '1.3.6.1.5.5.7.3.3'

/** What was signed, and what speaks for it. Nothing of it is believed. */
export interface SignedContent {
  /** The bytes that the signature is of. */
  readonly bytes: Uint8Array
  /** What the log keeps the digest of: those bytes, or the content of the envelope around it. */
  readonly content: Uint8Array
  readonly signature: Buffer
  /** DER. */
  readonly certificate?: Buffer | undefined
  readonly tlogEntries: readonly TransparencyLogEntry[]
  readonly timestamps: SignedEntity['timestamps']
}

/**
 * Checks the signature, who made it, and what logs and clocks say of it.
 *
 * @throws LadingError `untrusted`, `bad-config`
 */
export async function verifySigned(signed: SignedContent, trust: SignerTrust): Promise<VerifiedSigner> {
  return 'keys' in trust ? await verifyByKey(signed, trust) : await verifyByCertificate(signed, trust)
}

async function verifyByKey(
  signed: SignedContent,
  { keys, root }: Extract<SignerTrust, { readonly keys: unknown }>,
): Promise<VerifiedSigner> {
  const trusted = keys.map(readPublicKey)
  if (trusted.length === 0) throw new LadingError('bad-config', 'there is no key to verify signatures with')
  // The log proves that the signature was entered, not whose it is.
  const key = trusted.find(one => isSignedBy(one, signed.bytes, signed.signature))
  if (key === undefined) {
    throw refusal(
      trusted.length > 1 ? 'no trusted key has made the signature' : 'the signature is not one of the trusted key',
    )
  }
  if (root !== undefined) {
    // a key has no time in which alone it may be used
    const thresholds = { tlogThreshold: 1, ctlogThreshold: 0, timestampThreshold: 0 }
    await runVerifier({ ...signed, timestamps: [] }, { root, key, thresholds })
    requireSameVerifier(signed.tlogEntries, publicKeyBytes(key))
  }
  return { kind: 'key', publicKey: formatPublicKey(key) }
}

async function verifyByCertificate(
  signed: SignedContent,
  { identity, root }: Extract<SignerTrust, { readonly identity: unknown }>,
): Promise<VerifiedSigner> {
  if (signed.certificate === undefined) throw refusal('it is signed by a key, and a certificate is asked for')
  await runVerifier(signed, {
    root,
    key: undefined,
    thresholds: {
      tlogThreshold: root.tlogs.length > 0 ? 1 : 0,
      ctlogThreshold: root.ctlogs.length > 0 ? 1 : 0,
      // a certificate is valid for minutes: without a time that somebody else vouches for it says nothing
      timestampThreshold: 1,
    },
  })
  requireSameVerifier(signed.tlogEntries, signed.certificate)
  const certificate = readCertificate(signed.certificate)
  certifiedKey(certificate)
  if (!((certificate.keyUsage ?? []) as readonly string[]).includes(codeSigning)) {
    throw refusal('the certificate is not for the signing of code')
  }
  const { emails, uris, issuer } = await readCertificateNames(certificate)
  const subjects = [...emails, ...uris]
  requireIdentity(identity, subjects, issuer)
  return { kind: 'certificate', subjects, issuer }
}

function requireIdentity(
  wanted: IdentityTrust,
  subjects: readonly string[],
  issuer: string | undefined,
): asserts issuer is string {
  if (issuer === undefined) throw refusal('the certificate does not say who vouches for its owner')
  if (!matches(wanted.issuer, issuer)) {
    throw refusal(`${JSON.stringify(issuer)} vouches for the owner of the certificate, not ${shown(wanted.issuer)}`)
  }
  if (!subjects.some(subject => matches(wanted.subject, subject))) {
    throw refusal(`the certificate is one of ${JSON.stringify(subjects.join(', '))}, not of ${shown(wanted.subject)}`)
  }
}

function matches(wanted: string | RegExp, found: string): boolean {
  if (typeof wanted === 'string') return wanted === found
  return new RegExp(`^(?:${wanted.source})$`, wanted.flags.replace(/[gmy]/g, '')).test(found)
}

function shown(wanted: string | RegExp): string {
  return typeof wanted === 'string' ? JSON.stringify(wanted) : String(wanted)
}

interface Run {
  readonly root: TrustedRoot
  /** `undefined`: that of the certificate. */
  readonly key: KeyObject | undefined
  readonly thresholds: Record<'tlogThreshold' | 'ctlogThreshold' | 'timestampThreshold', number>
}

/** The checks of the sigstore client specification, over what every form of signature has. */
async function runVerifier(signed: SignedContent, { root, key, thresholds }: Run): Promise<void> {
  const { Verifier } = await import('@sigstore/verify')
  const { X509Certificate } = await import('@sigstore/core')
  const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
  try {
    const entity: SignedEntity = {
      signature: {
        signature: signed.signature,
        compareSignature: other => signed.signature.equals(other),
        compareDigest: other => digestOf(signed.content).equals(other),
        compareSignedDigest: other => digestOf(signed.bytes).equals(other),
        verifySignature: used => isSignedBy(used, signed.bytes, signed.signature),
      },
      key:
        key !== undefined || signed.certificate === undefined
          ? { $case: 'public-key', hint: '' }
          : { $case: 'certificate', certificate: X509Certificate.parse(Buffer.from(signed.certificate)) },
      tlogEntries: [...signed.tlogEntries],
      // nobody can say anything of those by an authority where none is trusted; they do not count
      timestamps: signed.timestamps.filter(
        one => one.$case === 'transparency-log' || root.timestampAuthorities.length > 0,
      ),
    }
    const publicKey = () => {
      if (key === undefined) throw new Error('no key is trusted')
      return { publicKey: key, validFor: () => true }
    }
    new Verifier({ ...root, tlogs: named(root.tlogs, signed.tlogEntries), publicKey }, thresholds).verify(entity)
  } catch (cause) {
    throw refusal(`what comes with the signature is not valid: ${reasonOf(cause)}`, cause)
  }
}

/** A log that is known by its key alone may call itself what it likes: the key is what counts. */
function named(tlogs: TrustedRoot['tlogs'], entries: readonly TransparencyLogEntry[]): TrustedRoot['tlogs'] {
  // the verifier looks for the name of each checkpoint in it
  const anyName = entries.map(({ inclusionProof }) => inclusionProof?.checkpoint?.envelope ?? '').join('\n')
  return tlogs.map(log => (log.baseURL === '' ? { ...log, baseURL: anyName } : log))
}

/** Some of its errors say more in what caused them. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const below = error.cause instanceof Error ? `: ${error.cause.message}` : ''
  return `${error.message}${below}`
}

function refusal(message: string, cause?: unknown): LadingError {
  return new LadingError('untrusted', message, { cause })
}
