import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { formatPublicKey, publicKeyBytes } from '../../src/trust/sigstore/read-public-key.ts'
import type { RekorEntry, RekorLog } from '../../src/trust/sigstore/rekor-log.ts'

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** A log that enters whatever it is given, as Rekor writes it, at the time that it is told. */
export function testLog(at = new Date()): RekorLog & { readonly publicKey: string; readonly key: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    publicKey: formatPublicKey(publicKey),
    key: privateKey,
    async enterHash({ signature, content, verifier }): Promise<RekorEntry> {
      const body = {
        apiVersion: '0.0.1',
        kind: 'hashedrekord',
        spec: {
          data: { hash: { algorithm: 'sha256', value: hash(content) } },
          signature: {
            content: Buffer.from(signature).toString('base64'),
            publicKey: { content: Buffer.from(verifier).toString('base64') },
          },
        },
      }
      return signEntry(privateKey, {
        body: Buffer.from(JSON.stringify(body)),
        integratedTime: Math.floor(at.getTime() / 1000),
        logIndex: 7,
        logId: hash(publicKeyBytes(publicKey)),
        kind: { kind: 'hashedrekord', version: '0.0.1' },
      })
    },
    async enterEnvelope({ envelope, verifier }): Promise<RekorEntry> {
      const { payload, signatures } = JSON.parse(envelope)
      const body = {
        apiVersion: '0.0.1',
        kind: 'dsse',
        spec: {
          envelopeHash: { algorithm: 'sha256', value: hash(Buffer.from(envelope)) },
          payloadHash: { algorithm: 'sha256', value: hash(Buffer.from(payload, 'base64')) },
          signatures: [{ signature: signatures[0].sig, verifier: Buffer.from(verifier).toString('base64') }],
        },
      }
      return signEntry(privateKey, {
        body: Buffer.from(JSON.stringify(body)),
        integratedTime: Math.floor(at.getTime() / 1000),
        logIndex: 8,
        logId: hash(publicKeyBytes(publicKey)),
        kind: { kind: 'dsse', version: '0.0.1' },
      })
    },
  }
}

/** The entry, with the log's signature of it. */
export function signEntry(key: KeyObject, entry: Omit<RekorEntry, 'signedEntryTimestamp'>): RekorEntry {
  const { body, integratedTime, logIndex, logId } = entry
  const signed = JSON.stringify({ body: Buffer.from(body).toString('base64'), integratedTime, logID: logId, logIndex })
  return { ...entry, signedEntryTimestamp: sign('sha256', Buffer.from(signed), key) }
}
