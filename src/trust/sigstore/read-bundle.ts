import type { Bundle, TransparencyLogEntry } from '@sigstore/bundle'
import { LadingError } from '../../errors/index.ts'
import { readJson } from '../../model/read-json.ts'
import { statementMediaType } from './statement.ts'
import type { SignedContent } from './verify-signed.ts'

/** Each is verified, and compared with each other: an honest bundle has one or two. */
const mostWitnesses = 32

/** What a bundle of sigstore's says, and what speaks for it. Nothing of it is verified. */
export interface UnverifiedBundle extends SignedContent {
  /** An in-toto statement. It MUST NOT be read before the signature is verified. */
  readonly content: Uint8Array
}

/**
 * Reads a bundle (v0.1 to v0.3) that holds a statement, as `cosign sign` 3 writes for images.
 *
 * @throws LadingError `untrusted` where it is malformed, or holds something else
 */
export async function readBundle(bytes: Uint8Array): Promise<UnverifiedBundle> {
  const { bundleFromJSON } = await import('@sigstore/bundle')
  const { RFC3161Timestamp, dsse } = await import('@sigstore/core')
  let bundle: Bundle
  try {
    bundle = bundleFromJSON(readJson(bytes))
  } catch (cause) {
    throw new LadingError('untrusted', 'the bundle is malformed', { cause })
  }
  if (bundle.content.$case !== 'dsseEnvelope') {
    throw new LadingError('untrusted', 'the bundle holds the signature of a file, not one of an image')
  }
  const { payload, payloadType, signatures } = bundle.content.dsseEnvelope
  const [signature, ...others] = signatures
  if (signature === undefined || others.length > 0 || payloadType !== statementMediaType) {
    throw new LadingError('untrusted', 'the bundle does not hold one signed statement')
  }
  const { verificationMaterial: material } = bundle
  const tlogEntries: readonly TransparencyLogEntry[] = material.tlogEntries
  const stamps = material.timestampVerificationData?.rfc3161Timestamps ?? []
  if (tlogEntries.length + stamps.length > mostWitnesses) {
    throw new LadingError('untrusted', `the bundle names more than ${mostWitnesses} logs and clocks`)
  }
  try {
    return {
      bytes: dsse.preAuthEncoding(payloadType, payload),
      content: payload,
      signature: Buffer.from(signature.sig),
      certificate: certificateOf(material),
      tlogEntries,
      timestamps: [
        ...tlogEntries
          // an entry without a promise of the log's tells no time
          .filter(({ integratedTime }) => integratedTime !== '' && integratedTime !== '0')
          .map(tlogEntry => ({ $case: 'transparency-log', tlogEntry }) as const),
        ...stamps.map(
          ({ signedTimestamp }) =>
            ({
              $case: 'timestamp-authority',
              timestamp: RFC3161Timestamp.parse(Buffer.from(signedTimestamp)),
            }) as const,
        ),
      ],
    }
  } catch (cause) {
    throw new LadingError('untrusted', 'the bundle is malformed', { cause })
  }
}

function certificateOf({ content }: Bundle['verificationMaterial']): Buffer | undefined {
  if (content.$case === 'publicKey') return undefined
  const raw =
    content.$case === 'certificate'
      ? content.certificate.rawBytes
      : content.x509CertificateChain.certificates[0]?.rawBytes
  return raw === undefined ? undefined : Buffer.from(raw)
}
