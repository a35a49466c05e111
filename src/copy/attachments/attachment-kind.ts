import type { Attachment } from '../../transports/index.ts'

/** What is attached to images, as far as it is counted. */
export const attachmentKinds = ['signature', 'attestation', 'sbom', 'other'] as const
export type AttachmentKind = (typeof attachmentKinds)[number]

const tagKinds: Readonly<Record<string, AttachmentKind>> = { sig: 'signature', att: 'attestation', sbom: 'sbom' }

/** Annotations of sigstore's bundles, as cosign 3 writes them. Its own signatures are statements of this predicate. */
const bundleContent = 'dev.sigstore.bundle.content'
const bundlePredicate = 'dev.sigstore.bundle.predicateType'
const signaturePredicate = 'https://sigstore.dev/cosign/sign/v1'

/** What an attachment says that it is: by its tag, or by its artifact type. Nothing of it is verified here. */
export function attachmentKind(attachment: Attachment): AttachmentKind {
  if (attachment.by === 'tag') return tagKinds[attachment.tag.slice(attachment.tag.lastIndexOf('.') + 1)] ?? 'other'
  const { artifactType = '', annotations = {} } = attachment.node
  if (/^application\/vnd\.dev\.sigstore\.bundle\b/.test(artifactType)) {
    const predicate = annotations[bundlePredicate]
    const isStatement = annotations[bundleContent] === 'dsse-envelope' && predicate !== signaturePredicate
    return isStatement ? 'attestation' : 'signature'
  }
  if (/spdx|cyclonedx|sbom|syft/i.test(artifactType)) return 'sbom'
  if (/in-toto|attestation|\.att\b/i.test(artifactType)) return 'attestation'
  return /signature|\.sig\b/i.test(artifactType) ? 'signature' : 'other'
}
