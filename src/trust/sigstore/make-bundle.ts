import { createHash } from 'node:crypto'
import type { Digest } from '../../model/digest.ts'
import { parsePem } from './pem.ts'
import { formatPublicKey, publicKeyBytes } from './read-public-key.ts'
import type { RekorEntry, RekorLog } from './rekor-log.ts'
import type { SigningIdentity } from './signing-identity.ts'
import { formatSignatureStatement, statementMediaType } from './statement.ts'
import type { TimestampAuthority } from './timestamp-authority.ts'

export const bundleMediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json'

export interface BundleOptions {
  /** Where the signature is entered. */
  readonly rekor?: RekorLog | undefined
  /** Who says when it was made. */
  readonly timestamps?: TimestampAuthority | undefined
  /** What is signed beside the digest. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** Signs an image as cosign 3 does: a bundle of sigstore, v0.3. */
export async function makeBundle(
  subject: Digest,
  { signer, certificate }: SigningIdentity,
  { rekor, timestamps, annotations }: BundleOptions = {},
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { dsse } = await import('@sigstore/core')
  const payload = Buffer.from(formatSignatureStatement(subject, annotations))
  const signature = Buffer.from(await signer.sign(dsse.preAuthEncoding(statementMediaType, payload), signal))
  const publicKey = await signer.publicKey(signal)
  const envelope = {
    payload: payload.toString('base64'),
    payloadType: statementMediaType,
    signatures: [{ sig: signature.toString('base64') }],
  }
  const entry = await rekor?.enterEnvelope(
    { envelope: JSON.stringify(envelope), verifier: certificate?.leaf ?? formatPublicKey(publicKey) },
    signal,
  )
  const timestamp = await timestamps?.stamp(signature, signal)
  const verificationMaterial = {
    ...(certificate === undefined
      ? { publicKey: { hint: createHash('sha256').update(publicKeyBytes(publicKey)).digest('base64') } }
      : { certificate: { rawBytes: parsePem(certificate.leaf)[0]?.bytes.toString('base64') } }),
    ...(entry === undefined ? {} : { tlogEntries: [written(entry)] }),
    ...(timestamp === undefined
      ? {}
      : { timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: base64(timestamp) }] } }),
  }
  return Buffer.from(JSON.stringify({ mediaType: bundleMediaType, verificationMaterial, dsseEnvelope: envelope }))
}

/** As protobuf writes JSON: numbers of 64 bits are strings. */
function written({ body, integratedTime, logIndex, logId, signedEntryTimestamp, kind, inclusionProof }: RekorEntry) {
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(logId, 'hex').toString('base64') },
    kindVersion: kind,
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp: base64(signedEntryTimestamp) },
    ...(inclusionProof === undefined
      ? {}
      : {
          inclusionProof: {
            logIndex: String(inclusionProof.logIndex),
            rootHash: Buffer.from(inclusionProof.rootHash, 'hex').toString('base64'),
            treeSize: String(inclusionProof.treeSize),
            hashes: inclusionProof.hashes.map(hash => Buffer.from(hash, 'hex').toString('base64')),
            checkpoint: { envelope: inclusionProof.checkpoint },
          },
        }),
    canonicalizedBody: base64(body),
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
