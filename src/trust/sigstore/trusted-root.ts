import type { TrustMaterial } from '@sigstore/verify'
import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { readJson } from '../../model/read-json.ts'

/** The authorities and logs that are trusted for signatures with certificates, as `trusted_root.json` says (sigstore, protobuf-specs). */
export type TrustedRoot = Omit<TrustMaterial, 'publicKey'>

const base64 = v.pipe(
  v.string(),
  v.base64(),
  v.transform(text => Buffer.from(text, 'base64')),
)
const time = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform(text => new Date(text)),
)
const beginning = new Date(0)
const endOfTime = new Date(8_640_000_000_000_000)
const validFor = v.pipe(
  v.optional(v.object({ start: v.optional(time), end: v.optional(time) }), {}),
  v.transform(({ start = beginning, end = endOfTime }) => ({ start, end })),
)
const authority = v.object({
  certChain: v.object({ certificates: v.pipe(v.array(v.object({ rawBytes: base64 })), v.minLength(1)) }),
  validFor,
})
const log = v.object({
  baseUrl: v.optional(v.string(), ''),
  publicKey: v.object({ rawBytes: base64, keyDetails: v.optional(v.string(), ''), validFor }),
  logId: v.object({ keyId: base64 }),
  checkpointKeyId: v.optional(v.object({ keyId: base64 })),
})
const document = v.object({
  mediaType: v.pipe(
    v.string(),
    v.regex(/^application\/vnd\.dev\.sigstore\.trustedroot(\+json;version=0\.[12]|\.v0\.2\+json)$/),
  ),
  tlogs: v.optional(v.array(log), []),
  certificateAuthorities: v.optional(v.array(authority), []),
  ctlogs: v.optional(v.array(log), []),
  timestampAuthorities: v.optional(v.array(authority), []),
})

/** @throws LadingError `bad-config` */
export async function readTrustedRoot(json: string | Uint8Array): Promise<TrustedRoot> {
  const { X509Certificate, crypto } = await import('@sigstore/core')
  const toAuthority = ({ certChain, validFor }: v.InferOutput<typeof authority>) => ({
    certChain: certChain.certificates.map(({ rawBytes }) => X509Certificate.parse(rawBytes)),
    validFor,
  })
  const toLog = ({ baseUrl, publicKey, logId, checkpointKeyId }: v.InferOutput<typeof log>) => ({
    baseURL: baseUrl,
    logID: (checkpointKeyId ?? logId).keyId,
    publicKey: crypto.createPublicKey(publicKey.rawBytes, isPkcs1(publicKey.keyDetails) ? 'pkcs1' : 'spki'),
    validFor: publicKey.validFor,
  })
  try {
    const { tlogs, certificateAuthorities, ctlogs, timestampAuthorities } = v.parse(document, readJson(json))
    return {
      tlogs: tlogs.map(toLog),
      certificateAuthorities: certificateAuthorities.map(toAuthority),
      ctlogs: ctlogs.map(toLog),
      timestampAuthorities: timestampAuthorities.map(toAuthority),
    }
  } catch (cause) {
    const why = cause instanceof v.ValiError ? `: ${v.getDotPath(cause.issues[0]) ?? 'it'} is not as it must be` : ''
    throw new LadingError('bad-config', `this is no trusted root of sigstore${why}`, { cause })
  }
}

/** Those that come without an algorithm around them. */
function isPkcs1(keyDetails: string): boolean {
  return keyDetails === 'PKCS1_RSA_PKCS1V5'
}
