import { expect, test } from 'vitest'
import { buildImage } from '../../testing/build-image.ts'
import { attachmentKind } from './attachment-kind.ts'

const { root } = buildImage()
const bundle = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const content = (kind: string, predicate?: string) => ({
  'dev.sigstore.bundle.content': kind,
  ...(predicate === undefined ? {} : { 'dev.sigstore.bundle.predicateType': predicate }),
})

test.each([
  ['sha256-0.sig', 'signature'],
  ['sha256-0.att', 'attestation'],
  ['sha256-0.sbom', 'sbom'],
  ['sha256-0', 'other'],
])('the tag %s is a %s', (tag, kind) => {
  expect(attachmentKind({ by: 'tag', tag, node: root })).toBe(kind)
})

test.each([
  [bundle, content('message-signature'), 'signature'],
  [bundle, content('dsse-envelope', 'https://sigstore.dev/cosign/sign/v1'), 'signature'],
  [bundle, content('dsse-envelope', 'https://slsa.dev/provenance/v1'), 'attestation'],
  ['application/vnd.cncf.notary.signature', {}, 'signature'],
  ['application/vnd.dev.cosign.artifact.sig.v1+json', {}, 'signature'],
  ['application/vnd.dev.cosign.artifact.sbom.v1+json', {}, 'sbom'],
  ['application/spdx+json', {}, 'sbom'],
  ['application/vnd.cyclonedx+json', {}, 'sbom'],
  ['application/vnd.in-toto+json', {}, 'attestation'],
  ['application/vnd.oci.empty.v1+json', {}, 'other'],
])('the referrer %s %j is a %s', (artifactType, annotations, kind) => {
  expect(attachmentKind({ by: 'referrer', node: { ...root, artifactType, annotations } })).toBe(kind)
})
