import type { KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { LadingError } from '../../errors/index.ts'
import type { ImageSignature } from '../image-signature.ts'
import { signatureAnnotations } from './annotations.ts'
import { certifiedKey, readCertificates, verifyChain } from './certificate-chain.ts'
import { readCertificateNames } from './certificate-names.ts'
import { formatPublicKey, readPublicKey } from './read-public-key.ts'
import { verifyRekorSet } from './rekor-set.ts'
import { parsePayload, payloadMediaType, type SignedClaim } from './signature-payload.ts'
import { isSignedBy } from './signature-scheme.ts'

/**
 * Whose signature is taken: of one of the keys, of who has a certificate of Fulcio's, or of who has one of another authority's. Exactly one of
 * the three, as in containers-policy.json(5), `sigstoreSigned`. All of it is in PEM.
 */
export interface SigstoreTrust {
  readonly keys?: readonly string[] | undefined
  readonly fulcio?: FulcioTrust | undefined
  readonly pki?: PkiTrust | undefined
  /** The logs of which one must have entered the signature. Needed with `fulcio`, where its time counts; not possible with `pki`. */
  readonly rekorKeys?: readonly string[] | undefined
}

export interface FulcioTrust {
  /** Its roots. */
  readonly ca: string
  readonly oidcIssuer: string
  readonly subjectEmail: string
}

export interface PkiTrust {
  readonly roots: string
  readonly intermediates?: string | undefined
  /** At least one of the two. */
  readonly subjectEmail?: string | undefined
  readonly subjectHostname?: string | undefined
}

type SigstoreSignature = Extract<ImageSignature, { format: 'sigstore' }>

/**
 * Checks a signature that cosign keeps under a `.sig` tag, or the containers tools in a file.
 *
 * @returns what it is of. It MUST be compared with the image: a signature that is valid may be one of another image.
 * @throws LadingError `untrusted` for a signature that is not taken; `bad-config` for trust that cannot be used
 */
export async function verifyAttachment(signature: SigstoreSignature, trust: SigstoreTrust): Promise<SignedClaim> {
  const { keys, rekorKeys } = requireUsable(trust)
  if (signature.mediaType !== payloadMediaType)
    throw refusal(`it is no signature of an image, but ${signature.mediaType}`)
  const given: Given = {
    payload: signature.payload,
    signature: decode(annotationOf(signature, 'signature')),
    annotation: name => annotationOf(signature, name),
    optional: name => signature.annotations[signatureAnnotations[name]],
  }
  const accepted =
    trust.fulcio !== undefined
      ? [await fulcioKey(given, trust.fulcio, rekorKeys)]
      : trust.pki !== undefined
        ? [await pkiKey(given, trust.pki)]
        : loggedKeys(given, keys, rekorKeys)
  if (!accepted.some(key => isSignedBy(key, given.payload, given.signature))) {
    throw refusal(
      accepted.length > 1 ? 'no trusted key has made the signature' : 'the signature is not one of the trusted key',
    )
  }
  return parsePayload(given.payload)
}

/** What is given and not yet believed. */
interface Given {
  readonly payload: Uint8Array
  readonly signature: Buffer
  annotation(name: keyof typeof signatureAnnotations): string
  optional(name: keyof typeof signatureAnnotations): string | undefined
}

/** @throws LadingError `bad-config` */
function requireUsable({ keys, fulcio, pki, rekorKeys }: SigstoreTrust): Record<'keys' | 'rekorKeys', KeyObject[]> {
  const sources = [keys, fulcio, pki].filter(one => one !== undefined)
  const fail = (message: string) => new LadingError('bad-config', message)
  if (sources.length !== 1) throw fail('signatures are trusted by keys, by Fulcio or by a PKI: by exactly one of them')
  if (keys?.length === 0 || rekorKeys?.length === 0) throw fail('a list of keys is empty')
  if (fulcio !== undefined && rekorKeys === undefined)
    throw fail("Fulcio's certificates need a log that says when they were used")
  if (fulcio?.oidcIssuer === '' || fulcio?.subjectEmail === '')
    throw fail('Fulcio needs an issuer and an email address')
  if (pki !== undefined && rekorKeys !== undefined) throw fail('a PKI is not used with a log')
  if (pki !== undefined && !pki.subjectEmail && !pki.subjectHostname)
    throw fail('a PKI needs an email address or a host name')
  const logKeys = (rekorKeys ?? []).map(readPublicKey)
  if (logKeys.some(key => key.asymmetricKeyType !== 'ec')) throw fail('the key of a log is not one of ECDSA')
  return { keys: (keys ?? []).map(readPublicKey), rekorKeys: logKeys }
}

/** Where logs are named, the keys of which one says that its signature was entered. */
function loggedKeys(given: Given, keys: readonly KeyObject[], rekorKeys: readonly KeyObject[]): readonly KeyObject[] {
  if (rekorKeys.length === 0) return keys
  const set = given.annotation('bundle')
  let failure: unknown
  const logged = keys.filter(key => {
    try {
      verifyRekorSet(
        set,
        { signature: given.signature, content: given.payload, verifier: formatPublicKey(key) },
        rekorKeys,
      )
      return true
    } catch (error) {
      failure = error
      return false
    }
  })
  if (logged.length === 0) throw failure
  return logged
}

async function fulcioKey(given: Given, trust: FulcioTrust, rekorKeys: readonly KeyObject[]): Promise<KeyObject> {
  const verifier = given.annotation('certificate')
  const time = verifyRekorSet(
    given.annotation('bundle'),
    { signature: given.signature, content: given.payload, verifier },
    rekorKeys,
  )
  const certificate = onlyCertificate(verifier)
  const intermediates = sentIntermediates(given)
  await verifyChain(certificate, { roots: trustedCertificates(trust.ca), intermediates, time })
  const { issuer, emails } = await readCertificateNames(certificate)
  if (issuer === undefined) throw refusal('the certificate does not say who vouches for its owner')
  if (issuer !== trust.oidcIssuer) {
    throw refusal(
      `${JSON.stringify(issuer)} vouches for the owner of the certificate, not ${JSON.stringify(trust.oidcIssuer)}`,
    )
  }
  requireEmail(emails, trust.subjectEmail)
  return certifiedKey(certificate)
}

async function pkiKey(
  given: Given,
  { roots, intermediates, subjectEmail, subjectHostname }: PkiTrust,
): Promise<KeyObject> {
  const certificate = onlyCertificate(given.annotation('certificate'))
  await verifyChain(certificate, {
    roots: trustedCertificates(roots),
    intermediates: [
      ...(intermediates === undefined ? [] : trustedCertificates(intermediates)),
      ...sentIntermediates(given),
    ],
    // nothing says when it was used
    time: new Date(),
  })
  if (subjectEmail) requireEmail((await readCertificateNames(certificate)).emails, subjectEmail)
  if (subjectHostname && !isOf(certificate, subjectHostname)) {
    throw refusal(`the certificate is not one of ${JSON.stringify(subjectHostname)}`)
  }
  return certifiedKey(certificate)
}

function isOf(certificate: X509Certificate, host: string): boolean {
  const found =
    isIP(host) === 0
      ? certificate.checkHost(host, { subject: 'never', partialWildcards: false })
      : certificate.checkIP(host)
  return found !== undefined
}

function requireEmail(emails: readonly string[], wanted: string): void {
  if (emails.includes(wanted)) return
  throw refusal(`the certificate is one of ${JSON.stringify(emails.join(', '))}, not of ${JSON.stringify(wanted)}`)
}

/** @throws LadingError `bad-config` */
function trustedCertificates(pem: string): X509Certificate[] {
  let certificates: X509Certificate[]
  try {
    certificates = readCertificates(pem)
  } catch (cause) {
    throw new LadingError('bad-config', 'the trusted certificates cannot be read', { cause })
  }
  if (certificates.length === 0)
    throw new LadingError('bad-config', 'there is no certificate among those that are trusted')
  return certificates
}

function onlyCertificate(pem: string): X509Certificate {
  const [certificate, ...others] = readCertificates(pem)
  if (certificate === undefined || others.length > 0) throw refusal('the signature does not come with one certificate')
  return certificate
}

/** The last of those that come with a signature is their root, which is trusted or is not, whoever sends it. */
function sentIntermediates(given: Given): X509Certificate[] {
  return readCertificates(given.optional('chain') ?? '').slice(0, -1)
}

function annotationOf({ annotations }: SigstoreSignature, name: keyof typeof signatureAnnotations): string {
  const key = signatureAnnotations[name]
  const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined
  if (value === undefined) throw refusal(`the signature comes without ${key}`)
  return value
}

function decode(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('base64') !== base64) throw refusal('the signature is not in base64')
  return bytes
}

function refusal(message: string): LadingError {
  return new LadingError('untrusted', message)
}
