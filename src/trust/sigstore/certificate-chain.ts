import { type KeyObject, X509Certificate } from 'node:crypto'
import { isLadingError, LadingError } from '../../errors/index.ts'
import { parsePem } from './pem.ts'
import { requireKnownKey } from './signature-scheme.ts'

const codeSigning = '1.3.6.1.5.5.7.3.3'
const anyUsage = '2.5.29.37.0'

/** Extensions that are looked at, here or by who asks for the name. */
const known: readonly string[] = [
  '2.5.29.19', // basic constraints
  '2.5.29.15', // key usage
  '2.5.29.37', // extended key usage
  '2.5.29.17', // subject alternative name
]
/** Name constraints: nobody looks at them here, so they are refused where they stand, critical as they have to be or not. */
const nameConstraints = '2.5.29.30'
/** RSA with MD5 and with SHA-1 (twice), ECDSA with SHA-1: the containers tools do not take them either. */
const weakAlgorithms: readonly string[] = [
  '1.2.840.113549.1.1.4',
  '1.2.840.113549.1.1.5',
  '1.3.14.3.2.29',
  '1.2.840.10045.4.1',
]
/** Longer chains are built by nobody who signs images; without limits, who sends certificates decides how long this takes. */
const longestChain = 8
const mostChecks = 100

/** @throws LadingError `untrusted` for what is no certificate */
export function readCertificates(pem: string): X509Certificate[] {
  return parsePem(pem).map(({ label, bytes }) => {
    if (label !== 'CERTIFICATE') throw new LadingError('untrusted', `a certificate is expected, and it is a ${label}`)
    return readCertificate(bytes)
  })
}

/** @throws LadingError `untrusted` */
export function readCertificate(bytes: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(bytes)
  } catch (cause) {
    throw new LadingError('untrusted', 'a certificate is malformed', { cause })
  }
}

export interface ChainTrust {
  readonly roots: readonly X509Certificate[]
  /** These may be anybody's: they are believed only where they lead to a root. */
  readonly intermediates: readonly X509Certificate[]
  /** All of the chain must be valid then. */
  readonly time: Date
}

/**
 * Checks that the certificate is for the signing of code, and that a chain of valid ones leads from it to a root (RFC 5280, section 6).
 * What it restricts in a way that is not known here (names, policies) is refused.
 *
 * @throws LadingError `untrusted`
 */
export async function verifyChain(leaf: X509Certificate, { roots, intermediates, time }: ChainTrust): Promise<void> {
  const { X509Certificate: ParsedCertificate } = await import('@sigstore/core')
  let checks = 0
  let why = 'no trusted authority has issued the certificate'
  const leads = (certificate: X509Certificate, depth: number): boolean => {
    const fault = faultOf(certificate, depth)
    if (fault !== undefined) {
      why = fault
      return false
    }
    if (roots.some(root => root.raw.equals(certificate.raw))) return true
    if (isWeaklySigned(certificate)) {
      why = 'a certificate is signed with SHA-1 or MD5, for which others can be made'
      return false
    }
    if (depth >= longestChain) return false
    return [...roots, ...intermediates].some(issuer => {
      if (issuer.raw.equals(certificate.raw) || !names(certificate, issuer) || ++checks > mostChecks) return false
      return isSignedBy(certificate, issuer) && leads(issuer, depth + 1)
    })
  }

  /** Why it may not stand in a chain so far above the leaf. */
  function faultOf(certificate: X509Certificate, depth: number): string | undefined {
    const who = depth === 0 ? 'the certificate' : 'the certificate of its authority'
    if (time < certificate.validFromDate) return `${who} was not valid yet at ${time.toISOString()}`
    if (time > certificate.validToDate) return `${who} had expired at ${time.toISOString()}`
    const usage = certificate.keyUsage as readonly string[] | undefined // node names what is extended so
    if (usage !== undefined && !usage.includes(codeSigning) && !usage.includes(anyUsage)) {
      return `${who} is not for the signing of code`
    }
    let parsed: InstanceType<typeof ParsedCertificate>
    try {
      parsed = ParsedCertificate.parse(Buffer.from(certificate.raw))
      for (const extension of parsed.extensions) {
        const oid = extension.subs[0]?.toOID() ?? ''
        const isCritical = extension.subs.length === 3 && extension.subs[1]?.toBoolean() === true
        if ((isCritical && !known.includes(oid)) || oid === nameConstraints)
          return `${who} has a condition that is not known: ${oid}`
      }
      if (depth === 0) return undefined
      if (!certificate.ca) return `${who} is none of an authority`
      if (parsed.extKeyUsage?.keyCertSign === false) return `${who} is not for issuing certificates`
      const longest = parsed.extBasicConstraints?.pathLenConstraint
      if (longest !== undefined && longest < BigInt(depth - 1)) return `${who} does not allow a chain that long`
      return undefined
    } catch {
      return `${who} is malformed`
    }
  }

  function isWeaklySigned(certificate: X509Certificate): boolean {
    try {
      const algorithm = ParsedCertificate.parse(Buffer.from(certificate.raw)).root.subs[1]?.subs[0]?.toOID() ?? ''
      return weakAlgorithms.includes(algorithm)
    } catch {
      return true
    }
  }

  if (!leads(leaf, 0)) throw new LadingError('untrusted', why)
}

/** Whether it says that this is its issuer. */
function names(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer)
  } catch {
    return false
  }
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey)
  } catch {
    return false
  }
}

/**
 * The key of a certificate that is trusted.
 *
 * @throws LadingError `untrusted` for one that would not be taken by itself: whoever certifies it may know nothing of keys
 */
export function certifiedKey({ publicKey }: X509Certificate): KeyObject {
  try {
    requireKnownKey(publicKey)
  } catch (cause) {
    const why = isLadingError(cause) ? `: ${cause.message}` : ''
    throw new LadingError('untrusted', `the key of the certificate is not taken${why}`, { cause })
  }
  return publicKey
}
