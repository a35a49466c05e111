import { describe, expect, test } from 'vitest'
import { signatureAnnotations } from '../../src/trust/sigstore/annotations.ts'
import { formatRekorSet } from '../../src/trust/sigstore/rekor-set.ts'
import type { SigningIdentity } from '../../src/trust/sigstore/signing-identity.ts'
import { type SigstoreTrust, verifyAttachment } from '../../src/trust/sigstore/verify-attachment.ts'
import { type CertificateOptions, testAuthority } from './test-certificate.ts'
import { signEntry, testLog } from './test-log.ts'
import {
  byKey,
  claim,
  email,
  expectRefusal,
  issuer,
  log,
  signatureOf,
  withAnnotations,
  withCertificate,
} from './test-signature.ts'

const minute = 60_000

describe('a signature by a certificate of Fulcio', () => {
  const root = testAuthority('fulcio')
  const middle = root.issue('fulcio intermediate', { authority: true, pathLength: 0 })
  const trust = {
    fulcio: { ca: root.pem, oidcIssuer: issuer, subjectEmail: email },
    rekorKeys: [log.publicKey],
  }
  const names: CertificateOptions = { emails: ['else@example.com', email], issuerV1: issuer, issuerV2: issuer }

  test('is taken, from the root or through an authority that comes with it', async () => {
    const direct = withCertificate(root.issue('', names), root)
    expect(await verifyAttachment(await signatureOf(direct, { rekor: log }), trust)).toEqual(claim)
    const through = withCertificate(middle.issue('', names), middle, root)
    expect(await verifyAttachment(await signatureOf(through, { rekor: log }), trust)).toEqual(claim)
  })

  test.each([
    ['the older form', { issuerV1: issuer }],
    ['the newer form', { issuerV2: issuer }],
  ])('is taken where the issuer stands in %s alone', async (_, options) => {
    const by = withCertificate(root.issue('', { emails: [email], ...options }))
    expect(await verifyAttachment(await signatureOf(by, { rekor: log }), trust)).toEqual(claim)
  })

  const now = Date.now()
  test.each<[string, CertificateOptions, string]>([
    [
      'another address',
      { ...names, emails: ['Someone@example.com'] },
      'the certificate is one of "Someone@example.com"',
    ],
    ['no address', { issuerV1: issuer }, 'the certificate is one of ""'],
    ['a URI that is the address', { ...names, emails: [], uris: [email] }, 'the certificate is one of ""'],
    ['an address that goes on after a zero', { ...names, emails: [`${email}\0.evil.example`] }, 'not in ASCII'],
    ['another issuer', { emails: [email], issuerV1: 'https://evil.example' }, 'vouches for the owner'],
    ['two issuers', { ...names, issuerV2: 'https://evil.example' }, 'it names two issuers'],
    ['the same extension twice', { ...names, twice: true }, 'malformed'],
    ['no issuer', { emails: [email] }, 'does not say who vouches'],
    ['a signature with SHA-1', { ...names, sha1: true }, 'signed with SHA-1'],
    [
      'a time that was over',
      { ...names, from: new Date(now - 20 * minute), to: new Date(now - 10 * minute) },
      'the certificate had expired',
    ],
    ['a time that has not begun', { ...names, from: new Date(now + 5 * minute) }, 'was not valid yet'],
    ['another use', { ...names, usage: '1.3.6.1.5.5.7.3.1' }, 'is not for the signing of code'],
    ['a key that is too short', { ...names, rsaBits: 1024 }, 'the key of the certificate is not taken'],
    ['a condition that nobody knows', { ...names, unknownCritical: true }, 'a condition that is not known: 1.2.3.4'],
  ])('is not taken for one with %s', async (_, options, message) => {
    const by = withCertificate(root.issue('', options), root)
    await expectRefusal(await signatureOf(by, { rekor: log }), trust, message)
  })

  test('is taken where the certificate has expired since, and was valid when the log entered it', async () => {
    const before = testLog(new Date(now - 60 * minute))
    const options = { from: new Date(now - 65 * minute), to: new Date(now - 55 * minute) }
    const old = testAuthority('old', { from: new Date(now - 100 * minute) })
    const by = withCertificate(old.issue('', { ...names, ...options }))
    const trusted = { fulcio: { ...trust.fulcio, ca: old.pem }, rekorKeys: [before.publicKey] }
    expect(await verifyAttachment(await signatureOf(by, { rekor: before }), trusted)).toEqual(claim)
    const later = testLog()
    const late = { ...trusted, rekorKeys: [later.publicKey] }
    await expectRefusal(await signatureOf(by, { rekor: later }), late, 'the certificate had expired')
  })

  test('is not taken where the log tells a time that is none', async () => {
    const never = testLog(new Date(0))
    const by = withCertificate(root.issue('', names), root)
    const signature = await signatureOf(by, { rekor: never })
    const entry = await never.enterHash({ signature: Buffer.from(''), content: Buffer.from(''), verifier: '' })
    const { Payload } = JSON.parse(signature.annotations[signatureAnnotations.bundle] ?? '')
    const body = Buffer.from(Payload.body, 'base64')
    const bundle = formatRekorSet(signEntry(never.key, { ...entry, body, integratedTime: 9_000_000_000_000 }))
    const trusted = { ...trust, rekorKeys: [never.publicKey] }
    await expectRefusal(withAnnotations(signature, { bundle }), trusted, 'the entry of the log is malformed')
  })

  test('is not taken from another authority, nor through what is none', async () => {
    const no = 'no trusted authority has issued the certificate'
    const stranger = testAuthority('fulcio')
    const refuse = async (by: SigningIdentity, message: string) =>
      expectRefusal(await signatureOf(by, { rekor: log }), trust, message)
    await refuse(withCertificate(stranger.issue('', names), stranger), no)
    // one that comes with the signature is no root, and the last of them is not looked at
    await refuse(withCertificate(stranger.issue('', names), stranger, stranger), no)
    await refuse(withCertificate(middle.issue('', names), middle), no)
    const leaf = root.issue('leaf', names)
    await refuse(withCertificate(leaf.issue('', names), leaf, root), no)
    const server = root.issue('server', { authority: true, usage: '1.3.6.1.5.5.7.3.1' })
    await refuse(withCertificate(server.issue('', names), server, root), 'is not for the signing of code')
    const deep = middle.issue('deep', { authority: true })
    await refuse(withCertificate(deep.issue('', names), deep, middle, root), 'does not allow a chain that long')
    const bound = root.issue('bound', { authority: true, constrained: true })
    await refuse(withCertificate(bound.issue('', names), bound, root), 'a condition that is not known: 2.5.29.30')
    const gone = root.issue('gone', { authority: true, to: new Date(now - 1000) })
    await refuse(withCertificate(gone.issue('', names), gone, root), 'the certificate of its authority had expired')
  })

  test('is not taken without its entry, its certificate, or with another one', async () => {
    const by = withCertificate(root.issue('', names), root)
    const signature = await signatureOf(by, { rekor: log })
    await expectRefusal(await signatureOf(by), trust, 'comes without dev.sigstore.cosign/bundle')
    await expectRefusal(
      withAnnotations(signature, { certificate: undefined }),
      trust,
      'comes without dev.sigstore.cosign/certificate',
    )
    const swapped = withAnnotations(signature, { certificate: root.issue('', names).pem })
    await expectRefusal(swapped, trust, 'the entry in the log is of another key or certificate')
    const { leaf = '' } = by.certificate ?? {}
    const doubled = withAnnotations(signature, { certificate: leaf + leaf })
    await expectRefusal(doubled, trust, 'the entry in the log is of another key or certificate')
    // whoever has that certificate's key did not make it
    const forged = { ...by, signer: byKey.signer }
    await expectRefusal(await signatureOf(forged, { rekor: log }), trust, 'the signature is not one of the trusted key')
  })
})

describe('a signature by a certificate of another authority', () => {
  const root = testAuthority('pki')
  const middle = root.issue('pki intermediate', { authority: true })
  const host = 'build.example.com'
  const names: CertificateOptions = { emails: [email], hosts: [host, '10.0.0.1'] }
  const trust = { pki: { roots: root.pem, subjectEmail: email } }

  test('is taken by its address and by its host, through what is trusted or what comes with it', async () => {
    const direct = await signatureOf(withCertificate(root.issue('', names)))
    expect(await verifyAttachment(direct, trust)).toEqual(claim)
    expect(await verifyAttachment(direct, { pki: { roots: root.pem, subjectHostname: host } })).toEqual(claim)
    const through = await signatureOf(withCertificate(middle.issue('', names), middle, root))
    expect(await verifyAttachment(through, trust)).toEqual(claim)
    const alone = await signatureOf(withCertificate(middle.issue('', names)))
    expect(await verifyAttachment(alone, { pki: { ...trust.pki, intermediates: middle.pem } })).toEqual(claim)
    await expectRefusal(alone, trust, 'no trusted authority')
  })

  test('is taken where many authorities are trusted', async () => {
    const signature = await signatureOf(withCertificate(root.issue('', names)))
    const others = Array.from({ length: 150 }, (_, at) => testAuthority(`pki ${at}`).pem)
    expect(await verifyAttachment(signature, { pki: { ...trust.pki, roots: [...others, root.pem].join('') } })).toEqual(
      claim,
    )
  })

  test('is not taken of anybody else, nor once it has expired', async () => {
    const signature = await signatureOf(withCertificate(root.issue('', names)))
    const who = (pki: Partial<SigstoreTrust['pki']>) => ({ pki: { roots: root.pem, ...pki } })
    await expectRefusal(signature, who({ subjectEmail: 'else@example.com' }), 'not of "else@example.com"')
    await expectRefusal(
      signature,
      who({ subjectEmail: email, subjectHostname: 'example.com' }),
      'is not one of "example.com"',
    )
    await expectRefusal(signature, who({ subjectHostname: '10.0.0.1' }), 'is not one of "10.0.0.1"')
    await expectRefusal(signature, { pki: { ...trust.pki, roots: testAuthority('pki').pem } }, 'no trusted authority')
    const gone = root.issue('', { ...names, to: new Date(Date.now() - 1000) })
    await expectRefusal(await signatureOf(withCertificate(gone)), trust, 'the certificate had expired')
  })
})
