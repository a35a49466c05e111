import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Digest } from '../../src/model/digest.ts'
import { openHttpTestClient } from '../../src/testing/http-test-client.ts'
import {
  type BundleOptions,
  keySigner,
  makeBundle,
  readTrustedRoot,
  type SignerTrust,
  type SigningIdentity,
  verifyBundle,
} from '../../src/trust/sigstore/index.ts'
import { openRekor } from '../../src/trust/sigstore/open-rekor.ts'
import { openTimestampAuthority } from '../../src/trust/sigstore/open-timestamp-authority.ts'
import { formatPublicKey } from '../../src/trust/sigstore/read-public-key.ts'
import { requestCertificate } from '../../src/trust/sigstore/request-certificate.ts'
import { identityToken, type SigstoreServer, startSigstore, type TrustedRootDocument } from './start-sigstore.ts'

const digest: Digest = `sha256:${'a'.repeat(64)}`
const otherDigest: Digest = `sha256:${'b'.repeat(64)}`
const subject = 'https://builder.example.com/job'
const issuer = 'https://fake.oidcissuer.com'
const identity = { subject, issuer }
const client = openHttpTestClient()
afterAll(() => client[Symbol.asyncDispose]())

let server: SigstoreServer
let stranger: SigstoreServer
beforeAll(async () => {
  ;[server, stranger] = await Promise.all([startSigstore(), startSigstore()])
})
afterAll(() => Promise.all([server[Symbol.asyncDispose](), stranger[Symbol.asyncDispose]()]))

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const byKey: SigningIdentity = { signer: keySigner('key', privateKey) }
const own = formatPublicKey(publicKey)
const otherKey = formatPublicKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)

const rekor = (of = server) => ({ rekor: openRekor(client.http, of.url) })
const clock = (of = server) => ({ timestamps: openTimestampAuthority(client.http, `${of.url}/api/v1/timestamp`) })
const keyless = (claims = {}, of = server) => requestCertificate(client.http, of.url, identityToken(claims))
const rootOf = (of: SigstoreServer, change: Partial<TrustedRootDocument> = {}) =>
  readTrustedRoot(JSON.stringify({ ...of.trustedRoot, ...change }))

async function expectRefusal(bundle: Uint8Array, trust: SignerTrust, message: string, of = digest): Promise<void> {
  await expect(verifyBundle(bundle, of, trust)).rejects.toThrow(
    expect.objectContaining({ code: 'untrusted', message: expect.stringContaining(message) }),
  )
}

/** A bundle with something of it changed. */
// biome-ignore lint/suspicious/noExplicitAny: any part of a document
function changed(bundle: Uint8Array, change: (document: any) => void): Uint8Array {
  const document = JSON.parse(Buffer.from(bundle).toString())
  change(document)
  return Buffer.from(JSON.stringify(document))
}

const flip = (base64: string, at: number) => {
  const bytes = Buffer.from(base64, 'base64')
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
  return bytes.toString('base64')
}

describe('a bundle by a key', () => {
  test('is taken for its image alone, and of its key alone', async () => {
    const bundle = await makeBundle(digest, byKey)
    const trust = { keys: [otherKey, own] }
    expect(await verifyBundle(bundle, digest, trust)).toEqual({
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
      predicate: {},
      signer: { kind: 'key', publicKey: own },
    })
    await expectRefusal(bundle, trust, 'the statement is about another image', otherDigest)
    await expectRefusal(bundle, { keys: [otherKey] }, 'not one of the trusted key')
    await expect(verifyBundle(bundle, digest, { keys: [] })).rejects.toMatchObject({ code: 'bad-config' })
  })

  test('is refused with a byte of it changed', async () => {
    const bundle = await makeBundle(digest, byKey)
    const trust = { keys: [own] }
    const not = 'not one of the trusted key'
    const payloadLength = Buffer.from(JSON.parse(Buffer.from(bundle).toString()).dsseEnvelope.payload, 'base64').length
    for (let at = 0; at < payloadLength; at++) {
      const other = changed(bundle, one => {
        one.dsseEnvelope.payload = flip(one.dsseEnvelope.payload, at)
      })
      await expectRefusal(other, trust, not)
    }
    const signature = changed(bundle, one => {
      one.dsseEnvelope.signatures[0].sig = flip(one.dsseEnvelope.signatures[0].sig, 20)
    })
    await expectRefusal(signature, trust, not)
  })

  test.each([
    [
      'another type of content',
      (one: Document) => (one.dsseEnvelope.payloadType = 'text/plain'),
      'does not hold one signed statement',
    ],
    [
      'two signatures',
      (one: Document) => one.dsseEnvelope.signatures.push(...one.dsseEnvelope.signatures),
      'malformed',
    ],
    ['no signature', (one: Document) => (one.dsseEnvelope.signatures = []), 'malformed'],
    ['another media type', (one: Document) => (one.mediaType = 'application/json'), 'malformed'],
    ['nothing that speaks for it', (one: Document) => (one.verificationMaterial = {}), 'malformed'],
    [
      'the signature of a file',
      (one: Document) => {
        one.messageSignature = { messageDigest: { algorithm: 'SHA2_256', digest: 'AAAA' }, signature: 'AAAA' }
        delete (one as Partial<Document>).dsseEnvelope
      },
      'the signature of a file',
    ],
    [
      'many logs',
      (one: Document) => {
        const entry = {
          logIndex: '1',
          logId: { keyId: 'AAAA' },
          kindVersion: { kind: 'dsse', version: '0.0.1' },
          inclusionProof: { logIndex: '0', treeSize: '1', rootHash: 'AAAA', hashes: [], checkpoint: { envelope: 'x' } },
          canonicalizedBody: 'e30=',
        }
        one.verificationMaterial.tlogEntries = Array.from({ length: 33 }, () => entry)
      },
      'more than 32 logs and clocks',
    ],
  ])('is refused with %s', async (_, change, message) => {
    await expectRefusal(changed(await makeBundle(digest, byKey), change), { keys: [own] }, message)
  })

  test('that makes another statement is no signature', async () => {
    const { dsse } = await import('@sigstore/core')
    const statementOf = (statement: object) =>
      changedStatement(Buffer.from(JSON.stringify(statement)), payload =>
        privateSign(dsse.preAuthEncoding('application/vnd.in-toto+json', payload)),
      )
    const subjects = [{ digest: { sha256: 'a'.repeat(64) } }]
    const of = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: subjects,
      predicateType: 'https://spdx.dev/Document',
      predicate: { a: 1 },
    }
    const attestation = await statementOf(of)
    await expectRefusal(attestation, { keys: [own] }, 'and no signature')
    const wanted = { predicateType: 'https://spdx.dev/Document' }
    expect(await verifyBundle(attestation, digest, { keys: [own] }, wanted)).toMatchObject({ predicate: { a: 1 } })
    await expectRefusal(await statementOf({ ...of, subject: [] }), { keys: [own] }, 'no statement about an image')
    await expectRefusal(await statementOf({ ...of, _type: 'x' }), { keys: [own] }, 'no statement about an image')
  })

  test('is taken with the entry of a trusted log, and not without', async () => {
    const trust = { keys: [own], root: await rootOf(server) }
    const bundle = await makeBundle(digest, byKey, rekor())
    expect(await verifyBundle(bundle, digest, trust)).toMatchObject({ signer: { kind: 'key' } })
    await expectRefusal(await makeBundle(digest, byKey), trust, 'expected 1 tlog entries, got 0')
    await expectRefusal(await makeBundle(digest, byKey, rekor(stranger)), trust, 'could not be verified')
    const another = JSON.parse(Buffer.from(await makeBundle(digest, byKey, rekor())).toString())
    const moved = changed(bundle, one => {
      one.verificationMaterial.tlogEntries = another.verificationMaterial.tlogEntries
    })
    await expectRefusal(moved, trust, 'tlog entry signature mismatch')
  })

  test.each<[string, (entry: Entry) => void]>([
    [
      'the promise',
      entry => (entry.inclusionPromise.signedEntryTimestamp = flip(entry.inclusionPromise.signedEntryTimestamp, 20)),
    ],
    ['the place in the tree', entry => (entry.inclusionProof.logIndex = '1')],
    ['the way through the tree', entry => entry.inclusionProof.hashes.push(`${'A'.repeat(43)}=`)],
    [
      'the checkpoint',
      entry => (entry.inclusionProof.checkpoint.envelope = entry.inclusionProof.checkpoint.envelope.replace(/^./, 'x')),
    ],
    ['the time', entry => (entry.integratedTime = '1')],
    ['the body', entry => (entry.canonicalizedBody = flip(entry.canonicalizedBody, 40))],
    ['the log', entry => (entry.logId.keyId = flip(entry.logId.keyId, 0))],
  ])('is refused with %s of its entry changed', async (_, change) => {
    const bundle = await makeBundle(digest, byKey, rekor())
    const other = changed(bundle, one => change(one.verificationMaterial.tlogEntries[0]))
    await expectRefusal(
      other,
      { keys: [own], root: await rootOf(server) },
      'what comes with the signature is not valid',
    )
  })
})

interface Document {
  mediaType: string
  verificationMaterial: { tlogEntries?: object[] }
  dsseEnvelope: { payload: string; payloadType: string; signatures: object[] }
  messageSignature?: object
}

interface Entry {
  integratedTime: string
  canonicalizedBody: string
  logId: { keyId: string }
  inclusionPromise: { signedEntryTimestamp: string }
  inclusionProof: { logIndex: string; hashes: string[]; checkpoint: { envelope: string } }
}

function privateSign(bytes: Uint8Array): Promise<Uint8Array> {
  return byKey.signer.sign(bytes)
}

async function changedStatement(payload: Buffer, sign: (payload: Buffer) => Promise<Uint8Array>): Promise<Uint8Array> {
  const signature = Buffer.from(await sign(payload)).toString('base64')
  return changed(await makeBundle(digest, byKey), one => {
    one.dsseEnvelope.payload = payload.toString('base64')
    one.dsseEnvelope.signatures = [{ sig: signature }]
  })
}

describe('a bundle by a certificate', () => {
  test('is taken of whom it is, entered in the log or with a timestamp', async () => {
    const root = await rootOf(server)
    const trust = { identity, root }
    const signer = { kind: 'certificate', subjects: [subject], issuer }
    const logged = await makeBundle(digest, await keyless(), rekor())
    expect(await verifyBundle(logged, digest, trust)).toMatchObject({ signer })
    const both = await makeBundle(digest, await keyless(), { ...rekor(), ...clock() })
    expect(await verifyBundle(both, digest, trust)).toMatchObject({ signer })
    const byPattern = { identity: { subject: /https:\/\/builder\.example\.com\/.*/, issuer: /.*oidcissuer.com/ }, root }
    expect(await verifyBundle(logged, digest, byPattern)).toMatchObject({ signer })
    const stamped = await makeBundle(digest, await keyless(), clock())
    expect(await verifyBundle(stamped, digest, { identity, root: await rootOf(server, { tlogs: [] }) })).toMatchObject({
      signer,
    })
  })

  test.each([
    ['subject', { subject: 'https://builder.example.com', issuer }],
    ['end of the subject', { subject: /https:\/\/builder\.example\.com/, issuer }],
    ['issuer', { subject, issuer: 'https://issuer.example.com' }],
    ['end of the issuer', { subject, issuer: /https:\/\/fake/ }],
  ])('is not taken of another %s', async (_, wanted) => {
    const bundle = await makeBundle(digest, await keyless(), rekor())
    await expectRefusal(bundle, { identity: wanted, root: await rootOf(server) }, 'the certificate')
  })

  test('is not taken from another Fulcio, another log, without a log, without a time, or without the proof of the other log', async () => {
    const trust = { identity, root: await rootOf(server) }
    const refuse = async (by: SigningIdentity, options: BundleOptions, message: string) =>
      expectRefusal(await makeBundle(digest, by, options), trust, message)
    await refuse(await keyless({}, stranger), rekor(), 'Failed to verify certificate chain')
    await refuse(await keyless(), rekor(stranger), 'could not be verified')
    await refuse(await keyless(), {}, 'expected 1 timestamps, got 0')
    await refuse(await keyless(), clock(), 'expected 1 tlog entries, got 0')
    await refuse(await keyless(), { ...rekor(), ...clock(stranger) }, 'not valid')
    const others = await rootOf(server, { ctlogs: stranger.trustedRoot.ctlogs })
    await expectRefusal(await makeBundle(digest, await keyless(), rekor()), { identity, root: others }, 'SCT')
    await expectRefusal(await makeBundle(digest, byKey, rekor()), trust, 'a certificate is asked for')
  })

  test('is not taken where the log entered it after the certificate had expired', async () => {
    await using past = await startSigstore({ clock: new Date(Date.now() - 3_600_000) })
    const root = await rootOf(server, {
      certificateAuthorities: past.trustedRoot.certificateAuthorities,
      ctlogs: past.trustedRoot.ctlogs,
    })
    const bundle = await makeBundle(digest, await keyless({}, past), rekor())
    await expectRefusal(bundle, { identity, root }, 'expired')
  })

  test('is not taken by a key that is another one, or with the entry of another certificate', async () => {
    const by = await keyless()
    const { certificate = { leaf: '', chain: '' } } = await keyless()
    const trust = { identity, root: await rootOf(server) }
    const bundle = await makeBundle(digest, by, rekor())
    const { verificationMaterial } = JSON.parse(
      Buffer.from(await makeBundle(digest, { ...by, certificate })).toString(),
    )
    const swapped = changed(bundle, one => {
      one.verificationMaterial.certificate = verificationMaterial.certificate
    })
    await expectRefusal(swapped, trust, 'signature verification failed')
  })
})

test.each([
  ['nothing', '{}'],
  ['no JSON', '{'],
  ['a log without a key', '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[{}]}'],
  [
    'a certificate that is none',
    '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","certificateAuthorities":[{"certChain":{"certificates":[{"rawBytes":"AAAA"}]}}]}',
  ],
])('a trusted root of %s is refused', async (_, json) => {
  await expect(readTrustedRoot(json)).rejects.toMatchObject({ code: 'bad-config' })
})
