import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { formatPem } from '../../src/trust/sigstore/pem.ts'

/** Certificates of every kind that an honest authority does not issue too, so in DER by hand. */
export interface CertificateOptions {
  readonly emails?: readonly string[]
  readonly hosts?: readonly string[]
  readonly uris?: readonly string[]
  /** Fulcio's extension, in the first and the second form. */
  readonly issuerV1?: string
  readonly issuerV2?: string
  readonly from?: Date
  readonly to?: Date
  readonly authority?: boolean
  readonly pathLength?: number
  /** Default: the signing of code. `undefined` where it is given: no such extension. */
  readonly usage?: string | undefined
  readonly unknownCritical?: boolean
  readonly twice?: boolean
  /** Name constraints, which are not marked as critical. */
  readonly constrained?: boolean
  readonly rsaBits?: number
  /** It is signed with SHA-1. */
  readonly sha1?: boolean
}

export interface TestCertificate {
  readonly pem: string
  readonly der: Buffer
  readonly key: KeyObject
  issue(name: string, options?: CertificateOptions): TestCertificate
}

const minute = 60_000

/** An authority of its own. */
export function testAuthority(name = 'root', options: CertificateOptions = {}): TestCertificate {
  return makeCertificate(name, { authority: true, usage: undefined, ...options }, undefined)
}

function makeCertificate(
  name: string,
  options: CertificateOptions,
  issuer: { readonly name: string; readonly key: KeyObject } | undefined,
): TestCertificate {
  const { publicKey, privateKey } =
    options.rsaBits === undefined
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: options.rsaBits })
  const by = issuer ?? { name, key: privateKey }
  const algorithm = sequence(oid(options.sha1 ? '1.2.840.10045.4.1' : '1.2.840.10045.4.3.2'))
  const from = options.from ?? new Date(Date.now() - minute)
  const to = options.to ?? new Date(Date.now() + 10 * minute)
  const body = sequence(
    tlv(0xa0, integer(2)),
    tlv(
      0x02,
      Buffer.concat([
        Buffer.from([1]),
        createHash('sha256')
          .update(name + Date.now())
          .digest()
          .subarray(0, 7),
      ]),
    ),
    algorithm,
    distinguishedName(by.name),
    sequence(time(from), time(to)),
    distinguishedName(name),
    publicKey.export({ format: 'der', type: 'spki' }),
    tlv(0xa3, sequence(...extensions(options))),
  )
  const der = sequence(
    body,
    algorithm,
    tlv(0x03, Buffer.concat([Buffer.from([0]), sign(options.sha1 ? 'sha1' : 'sha256', body, by.key)])),
  )
  return {
    der,
    pem: formatPem({ label: 'CERTIFICATE', bytes: der }),
    key: privateKey,
    issue: (subject, of = {}) => makeCertificate(subject, of, { name, key: privateKey }),
  }
}

function extensions(options: CertificateOptions): Buffer[] {
  const { emails = [], hosts = [], uris = [], issuerV1, issuerV2, authority = false, pathLength } = options
  const usage = 'usage' in options ? options.usage : '1.3.6.1.5.5.7.3.3'
  const names = [
    ...emails.map(email => tlv(0x81, Buffer.from(email))),
    ...hosts.map(host => tlv(0x82, Buffer.from(host))),
    ...uris.map(uri => tlv(0x86, Buffer.from(uri))),
  ]
  const constraints = authority
    ? [tlv(0x01, Buffer.from([0xff])), ...(pathLength === undefined ? [] : [integer(pathLength)])]
    : []
  const v1 = issuerV1 === undefined ? [] : [extension('1.3.6.1.4.1.57264.1.1', Buffer.from(issuerV1))]
  return [
    extension('2.5.29.19', sequence(...constraints), true),
    // bits: keyCertSign is the fifth, digitalSignature the first
    extension('2.5.29.15', tlv(0x03, authority ? Buffer.from([2, 0x04]) : Buffer.from([7, 0x80])), true),
    ...(usage === undefined ? [] : [extension('2.5.29.37', sequence(oid(usage)))]),
    ...(names.length === 0 ? [] : [extension('2.5.29.17', sequence(...names), true)]),
    ...v1,
    ...(options.twice ? v1 : []),
    ...(issuerV2 === undefined ? [] : [extension('1.3.6.1.4.1.57264.1.8', tlv(0x0c, Buffer.from(issuerV2)))]),
    // only what is of example.org
    ...(options.constrained
      ? [extension('2.5.29.30', sequence(tlv(0xa0, sequence(tlv(0x81, Buffer.from('example.org'))))))]
      : []),
    ...(options.unknownCritical ? [extension('1.2.3.4', sequence(), true)] : []),
  ]
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [tlv(0x01, Buffer.from([0xff]))] : []), tlv(0x04, value))
}

function distinguishedName(name: string): Buffer {
  return sequence(tlv(0x31, sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from(name)))))
}

/** GeneralizedTime. */
function time(date: Date): Buffer {
  return tlv(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))
}

function integer(value: number): Buffer {
  return tlv(0x02, Buffer.from([value]))
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = rest.flatMap(number => {
    const groups = [number & 0x7f]
    for (let left = number >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80)
    return groups
  })
  return tlv(0x06, Buffer.from([first * 40 + second, ...bytes]))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts))
}

function tlv(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}
