import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { initializeCA, initializeCTLog, initializeTLog } from '@sigstore/mock'

export const trivyIssuer = 'https://token.actions.githubusercontent.com'
export const trivyIdentity = (version: string) =>
  `https://github.com/aquasecurity/trivy/.github/workflows/reusable-release.yaml@refs/tags/v${version}`

export interface SignedAs {
  readonly identity: string
  readonly issuer?: string
}

/** An authority, a certificate log and a transparency log of a test's own. */
export interface StandInSigstore {
  /** `trusted_root.json` */
  readonly trustedRoot: string
  /** A bundle over these bytes. */
  sign(bytes: Uint8Array, as: SignedAs): Promise<string>
}

/** What the log answers; its types are of a package that is not installed. */
interface LogEntry {
  readonly body: string
  readonly integratedTime: number
  readonly logID: string
  readonly logIndex: number
  readonly verification: {
    readonly signedEntryTimestamp: string
    readonly inclusionProof: { readonly rootHash: string; readonly checkpoint: string }
  }
}

/** @param issuedAt when its certificates are issued, which then hold for ten minutes. Default: now */
export async function standInSigstore(issuedAt?: Date): Promise<StandInSigstore> {
  const keys = (namedCurve: 'P-256' | 'P-384' = 'P-256') => generateKeyPairSync('ec', { namedCurve })
  const ctlog = await initializeCTLog(keys(), issuedAt)
  const tlog = await initializeTLog('https://rekor.test', keys())
  const authority = await initializeCA(keys('P-384'), ctlog, issuedAt)
  const base64 = (bytes: ArrayBufferView) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  const log = (baseUrl: string, publicKey: Buffer) => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: base64(publicKey),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: '2020-01-01T00:00:00Z' },
    },
    logId: { keyId: createHash('sha256').update(publicKey).digest('base64') },
  })
  const trustedRoot = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [log('https://rekor.test', tlog.publicKey)],
    ctlogs: [log('https://ctfe.test', ctlog.publicKey)],
    certificateAuthorities: [
      {
        subject: { organization: 'sigstore.mock', commonName: 'sigstore' },
        uri: 'https://fulcio.test',
        certChain: { certificates: [{ rawBytes: base64(authority.rootCertificate) }] },
        validFor: { start: '2020-01-01T00:00:00Z' },
      },
    ],
    timestampAuthorities: [],
  }
  return {
    trustedRoot: JSON.stringify(trustedRoot),
    async sign(bytes, { identity, issuer = trivyIssuer }) {
      const { privateKey, publicKey } = keys()
      const certificate = base64(
        await authority.issueCertificate({
          publicKey: publicKey.export({ format: 'der', type: 'spki' }),
          subjectAltName: identity,
          extensions: [
            { oid: '1.3.6.1.4.1.57264.1.1', value: issuer, legacy: true },
            { oid: '1.3.6.1.4.1.57264.1.8', value: issuer },
          ],
        }),
      )
      const signature = sign('sha256', bytes, privateKey).toString('base64')
      const digest = createHash('sha256').update(bytes)
      const value = digest.copy().digest('hex')
      const pem = `-----BEGIN CERTIFICATE-----\n${certificate.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
      const entry = {
        apiVersion: '0.0.1',
        kind: 'hashedrekord',
        spec: {
          data: { hash: { algorithm: 'sha256', value } },
          signature: { content: signature, publicKey: { content: Buffer.from(pem).toString('base64') } },
        },
      }
      const [logged] = Object.values<LogEntry>(await tlog.log(entry))
      if (logged === undefined) throw new Error('the log has signed nothing')
      return JSON.stringify({
        mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        verificationMaterial: {
          certificate: { rawBytes: certificate },
          tlogEntries: [
            {
              logIndex: String(logged.logIndex),
              logId: { keyId: Buffer.from(logged.logID, 'hex').toString('base64') },
              kindVersion: { kind: 'hashedrekord', version: '0.0.1' },
              integratedTime: String(logged.integratedTime),
              inclusionPromise: { signedEntryTimestamp: logged.verification.signedEntryTimestamp },
              inclusionProof: {
                logIndex: '0',
                treeSize: '1',
                hashes: [],
                rootHash: Buffer.from(logged.verification.inclusionProof.rootHash, 'hex').toString('base64'),
                checkpoint: { envelope: logged.verification.inclusionProof.checkpoint },
              },
              canonicalizedBody: logged.body,
            },
          ],
        },
        messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest: digest.digest('base64') }, signature },
      })
    },
  }
}
