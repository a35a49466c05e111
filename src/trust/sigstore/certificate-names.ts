import type { X509Certificate } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'

const subjectAltName = '2.5.29.17'
/** Fulcio's, OID information: the issuer of the identity, once as it is and once as a string of ASN.1. */
const issuerV1 = '1.3.6.1.4.1.57264.1.1'
const issuerV2 = '1.3.6.1.4.1.57264.1.8'
/** RFC 5280, GeneralName. */
const rfc822Name = 1
const uri = 6
const utf8String = 0x0c

/** Whom a certificate speaks of. */
export interface CertificateNames {
  readonly emails: readonly string[]
  readonly uris: readonly string[]
  /** Who vouches for them: the OIDC issuer that Fulcio has asked. */
  readonly issuer?: string
}

/** @throws LadingError `untrusted` where the certificate is malformed, or says two things */
export async function readCertificateNames(certificate: X509Certificate): Promise<CertificateNames> {
  const { ASN1Obj, X509Certificate: ParsedCertificate } = await import('@sigstore/core')
  try {
    const { extensions } = ParsedCertificate.parse(Buffer.from(certificate.raw))
    const contentOf = (wanted: string): Buffer | undefined => {
      const [extension, ...others] = extensions.filter(({ subs }) => subs[0]?.toOID() === wanted)
      if (others.length > 0) throw new Error(`the extension ${wanted} stands there twice`)
      return extension?.subs.at(-1)?.value
    }
    const parse = (value: Buffer) => {
      const object = ASN1Obj.parseBuffer(Buffer.from(value))
      if (object.toDER().length !== value.length) throw new Error('something follows a value')
      return object
    }
    const alternatives = contentOf(subjectAltName)
    const names = alternatives === undefined ? [] : parse(alternatives).subs
    const named = (tag: number) => names.filter(name => name.tag.isContextSpecific(tag)).map(name => ascii(name.value))
    const first = contentOf(issuerV1)?.toString()
    const second = contentOf(issuerV2)
    const object = second === undefined ? undefined : parse(second)
    if (object !== undefined && (!object.tag.isUniversal() || object.tag.number !== utf8String)) {
      throw new Error('the issuer is no string')
    }
    const issuer = object?.value.toString() ?? first
    if (first !== undefined && first !== issuer) throw new Error('it names two issuers')
    return { emails: named(rfc822Name), uris: named(uri), ...(issuer === undefined ? {} : { issuer }) }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unknown'
    throw new LadingError('untrusted', `the certificate is malformed: ${why}`, { cause })
  }
}

/** Such names are IA5String: what is not one is like no name. */
function ascii(value: Buffer): string {
  if (value.some(byte => byte === 0 || byte > 0x7f)) throw new Error('a name is not in ASCII')
  return value.toString('latin1')
}
