import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { signatureAnnotations } from '../../src/trust/sigstore/annotations.ts'
import { formatPublicKey } from '../../src/trust/sigstore/read-public-key.ts'
import { formatRekorSet } from '../../src/trust/sigstore/rekor-set.ts'
import { type SigstoreTrust, verifyAttachment } from '../../src/trust/sigstore/verify-attachment.ts'
import { testAuthority } from './test-certificate.ts'
import { signEntry, testLog } from './test-log.ts'
import {
  byKey,
  claim,
  digest,
  email,
  expectRefusal,
  identity,
  issuer,
  log,
  other,
  own,
  privateKey,
  type Sigstore,
  signatureOf,
  withAnnotations,
  withCertificate,
} from './test-signature.ts'

describe('a signature by a key', () => {
  test('says what it is of', async () => {
    const signature = await signatureOf(byKey)
    expect(await verifyAttachment(signature, { keys: [own] })).toEqual(claim)
    expect(await verifyAttachment(signature, { keys: [other, own] })).toEqual(claim)
  })

  test('is not taken for one of another key', async () => {
    await expectRefusal(await signatureOf(byKey), { keys: [other] }, 'the signature is not one of the trusted key')
    await expectRefusal(await signatureOf(byKey), { keys: [other, other] }, 'no trusted key has made the signature')
  })

  test('is refused with any byte of its content changed', async () => {
    const signature = await signatureOf(byKey)
    for (let at = 0; at < signature.payload.length; at++) {
      const payload = Buffer.from(signature.payload)
      payload.writeUInt8(payload.readUInt8(at) ^ 1, at)
      await expectRefusal({ ...signature, payload }, { keys: [own] }, 'not one of the trusted key')
    }
  })

  test('is refused where it is changed, absent, or no base64', async () => {
    const signature = await signatureOf(byKey)
    const bytes = Buffer.from(signature.annotations[signatureAnnotations.signature] ?? '', 'base64')
    bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20)
    const changed = { signature: bytes.toString('base64') }
    await expectRefusal(withAnnotations(signature, changed), { keys: [own] }, 'not one of the trusted key')
    await expectRefusal(withAnnotations(signature, { signature: undefined }), { keys: [own] }, 'comes without')
    await expectRefusal(withAnnotations(signature, { signature: '?' }), { keys: [own] }, 'not in base64')
    await expectRefusal({ ...signature, mediaType: 'text/plain' }, { keys: [own] }, 'no signature of an image')
  })

  const payloadOf = (change: object, critical: object = {}, image: object = {}) => ({
    critical: {
      type: 'cosign container image signature',
      image: { 'docker-manifest-digest': digest, ...image },
      identity: { 'docker-reference': identity },
      ...critical,
    },
    optional: null,
    ...change,
  })
  const text = JSON.stringify

  test('of cosign has no optional part', async () => {
    expect(await verifyAttachment(signed(text(payloadOf({}))), { keys: [own] })).toEqual(claim)
  })

  test.each([
    ['another type', text(payloadOf({}, { type: 'atomic container signature' }))],
    ['a field that is not known', text(payloadOf({ more: 1 }))],
    ['such a field among what counts', text(payloadOf({}, { more: 1 }))],
    ['no digest', text(payloadOf({}, {}, { 'docker-manifest-digest': 'latest' }))],
    ['a time that is none', text(payloadOf({ optional: { timestamp: 1.5 } }))],
    [
      'two digests',
      text(payloadOf({})).replace(
        '"docker-manifest-digest"',
        `"docker-manifest-digest":"sha256:${'b'.repeat(64)}","docker-manifest-digest"`,
      ),
    ],
    ['no JSON', 'image'],
  ])('of %s is refused, however valid', async (_, payload) => {
    await expectRefusal(signed(payload), { keys: [own] }, 'no claim about an image')
  })

  function signed(payload: string): Sigstore {
    const signature = sign('sha256', Buffer.from(payload), privateKey).toString('base64')
    return {
      format: 'sigstore',
      mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      payload: Buffer.from(payload),
      annotations: { [signatureAnnotations.signature]: signature },
    }
  }
})

describe('a signature that a log has entered', () => {
  const trust = { keys: [own], rekorKeys: [log.publicKey] }

  test('is taken', async () => {
    const signature = await signatureOf(byKey, { rekor: log })
    expect(await verifyAttachment(signature, trust)).toEqual(claim)
    expect(await verifyAttachment(signature, { keys: [other, own], rekorKeys: [other, log.publicKey] })).toEqual(claim)
  })

  test('is not taken without that, by another log, or of another key', async () => {
    await expectRefusal(await signatureOf(byKey), trust, 'comes without dev.sigstore.cosign/bundle')
    const elsewhere = await signatureOf(byKey, { rekor: testLog() })
    await expectRefusal(elsewhere, trust, 'entered in a log that is not trusted')
    const signature = await signatureOf(byKey, { rekor: log })
    await expectRefusal(signature, { ...trust, keys: [other] }, 'the entry in the log is of another key')
  })

  test('is not taken with the entry of another signature', async () => {
    const [one, two] = [await signatureOf(byKey, { rekor: log }), await signatureOf(byKey, { rekor: log })]
    const moved = withAnnotations(one, { bundle: two.annotations[signatureAnnotations.bundle] })
    await expectRefusal(moved, trust, 'the entry in the log is of another signature')
  })

  test('is not taken with an entry of other content', async () => {
    const signature = await signatureOf(byKey)
    const bytes = Buffer.from(signature.annotations[signatureAnnotations.signature] ?? '', 'base64')
    const entry = await log.enterHash({ signature: bytes, content: Buffer.from('else'), verifier: own })
    await expectRefusal(withAnnotations(signature, { bundle: formatRekorSet(entry) }), trust, 'of other content')
  })

  test('is not taken where the log did not sign all of the entry', async () => {
    const signature = await signatureOf(byKey, { rekor: log })
    const set = JSON.parse(signature.annotations[signatureAnnotations.bundle] ?? '')
    const changes = [{ integratedTime: 1 }, { logIndex: 8 }, { body: Buffer.from('{}').toString('base64') }]
    for (const change of changes) {
      const bundle = JSON.stringify({ ...set, Payload: { ...set.Payload, ...change } })
      await expectRefusal(
        withAnnotations(signature, { bundle }),
        trust,
        "the log's signature of the entry is not valid",
      )
    }
    for (const bundle of [
      '',
      '{}',
      JSON.stringify({ ...set, more: 1 }),
      `{"Payload":{},${JSON.stringify(set).slice(1)}`,
    ]) {
      await expectRefusal(withAnnotations(signature, { bundle }), trust, 'the entry of the log is malformed')
    }
  })

  test.each([
    ['kind', { kind: 'dsse' }],
    ['version', { apiVersion: '0.0.2' }],
    ['body', { spec: {} }],
  ])('is not taken with an entry of another %s', async (_, change) => {
    const signature = await signatureOf(byKey)
    const bytes = Buffer.from(signature.annotations[signatureAnnotations.signature] ?? '', 'base64')
    const entry = await log.enterHash({ signature: bytes, content: signature.payload, verifier: own })
    const body = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(entry.body).toString()), ...change }))
    const bundle = formatRekorSet(signEntry(log.key, { ...entry, body }))
    await expectRefusal(withAnnotations(signature, { bundle }), trust, 'the body of the entry in the log is malformed')
  })
})

describe('trust that cannot be used', () => {
  const ca = testAuthority().pem
  const fulcio = { ca, oidcIssuer: issuer, subjectEmail: email }
  test.each<[string, SigstoreTrust]>([
    ['nobody', {}],
    ['two kinds', { keys: [own], pki: { roots: ca, subjectEmail: email } }],
    ['no key', { keys: [] }],
    ['no log', { keys: [own], rekorKeys: [] }],
    ['a key that is none, beside one that is', { keys: [own, 'x'] }],
    ['a log without ECDSA', { keys: [own], rekorKeys: [formatPublicKey(generateKeyPairSync('ed25519').publicKey)] }],
    ['Fulcio without a log', { fulcio }],
    ['Fulcio for nobody', { fulcio: { ...fulcio, subjectEmail: '' }, rekorKeys: [log.publicKey] }],
    ['Fulcio of nobody', { fulcio: { ...fulcio, oidcIssuer: '' }, rekorKeys: [log.publicKey] }],
    ['a PKI with a log', { pki: { roots: ca, subjectEmail: email }, rekorKeys: [log.publicKey] }],
    ['a PKI for nobody', { pki: { roots: ca } }],
    ['a PKI without roots', { pki: { roots: '', subjectEmail: email } }],
  ])('%s is a mistake of who configures it', async (_, trust) => {
    const signer = withCertificate(testAuthority().issue('', { emails: [email] }))
    const signature = await signatureOf(signer, { rekor: log })
    await expect(verifyAttachment(signature, trust)).rejects.toMatchObject({ code: 'bad-config' })
  })
})
