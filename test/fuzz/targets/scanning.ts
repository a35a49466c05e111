import assert from 'node:assert/strict'
import { digestOf, digestParts } from '../../../src/model/digest.ts'
import { attachedDocument } from '../../../src/scan/sbom/sbom-document.ts'
import { trivyRelease } from '../../../src/scan/trivy-release.ts'
import { parseTrivyReport } from '../../../src/scan/trivy-report.ts'
import { verifyChecksums } from '../../../src/scan/verify-checksums.ts'
import { standInSigstore, trivyIdentity } from '../../scan/stand-in-sigstore.ts'
import { refusable } from '../refusable.ts'
import { type FuzzTarget, jsonSeeds, textSeeds } from '../target.ts'

const subject = digestOf(Buffer.from('an image'))
const predicate = { spdxVersion: 'SPDX-2.3', name: 'x' }
const statement = {
  _type: 'https://in-toto.io/Statement/v0.1',
  predicateType: 'https://spdx.dev/Document',
  subject: [{ name: 'x', digest: { sha256: digestParts(subject).hex } }],
  predicate,
}
const dsseEnvelope = {
  payloadType: 'application/vnd.in-toto+json',
  payload: Buffer.from(JSON.stringify(statement)).toString('base64'),
}
const attachedTypes = [
  'application/spdx+json',
  'text/spdx',
  'application/vnd.cyclonedx+json',
  'application/vnd.syft+json',
  'application/vnd.in-toto+json',
  'application/vnd.dsse.envelope.v1+json',
  'application/vnd.dev.sigstore.bundle.v0.3+json',
]

const release = trivyRelease('9.8.7', {}, { platform: 'linux', architecture: 'x64' })
const checksums = Buffer.from(`${'a'.repeat(64)}  ${release.archive}\n`)
const signed = standInSigstore().then(async ({ trustedRoot, sign }) => {
  const { readTrustedRoot } = await import('../../../src/trust/sigstore/index.ts')
  return {
    bundle: await sign(checksums, { identity: trivyIdentity('9.8.7') }),
    trusted: await readTrustedRoot(trustedRoot),
  }
})
const { bundle, trusted } = await signed

/** What scanners write, and what is attached to images. */
export const scanningTargets: readonly FuzzTarget[] = [
  {
    name: 'attached-sbom',
    seeds: [
      ...jsonSeeds(predicate, { bomFormat: 'CycloneDX' }, statement, dsseEnvelope, { dsseEnvelope }),
      ...textSeeds('SPDXVersion: SPDX-2.3\n'),
    ],
    words: ['spdxVersion', 'Data', 'payload', 'sha256', 'https://cyclonedx.org/bom'],
    async run(bytes) {
      for (const mediaType of attachedTypes) await refusable(() => attachedDocument(mediaType, bytes, subject))
    },
  },
  {
    name: 'trivy-report',
    seeds: jsonSeeds({
      SchemaVersion: 2,
      Results: [{ Vulnerabilities: [{ Severity: 'HIGH' }], Misconfigurations: [{ Status: 'PASS' }] }],
    }),
    words: ['CRITICAL', 'Secrets', 'Licenses', 'null', '__proto__'],
    run: bytes => parseTrivyReport(bytes),
  },
  {
    name: 'signature-of-checksums',
    seeds: textSeeds(bundle),
    words: ['publicKey', 'dsseEnvelope', 'certificate', 'x509CertificateChain', 'tlogEntries'],
    share: 100,
    async run(bytes) {
      const sha256 = await refusable(() => verifyChecksums(release, checksums, bytes, trusted))
      // whatever is changed in a signature, it says the same of the same bytes or nothing
      assert.ok(sha256 === undefined || sha256 === 'a'.repeat(64))
    },
  },
]
