import { type Digest, digestParts } from '../model/digest.ts'
import { openSource, parseReference } from '../transports/index.ts'
import { type BuiltImage, buildImage, buildIndex } from './build-image.ts'
import { buildReferrer, buildSignatures } from './build-referrer.ts'
import type { FakeRegistry } from './fake-registry.ts'
import { openTestContext } from './registry-context.ts'

export const image = buildIndex({ 'linux/amd64': {}, 'linux/arm64': {} })
export const platformNode = buildImage({ platform: 'linux/amd64' }).root
export const sbom = buildReferrer(platformNode, { artifactType: 'application/spdx+json', body: 'an sbom' })
export const note = buildReferrer(image.root, { annotations: { about: 'the index' } })
export const noteOfSbom = buildReferrer(sbom.root, { body: 'about the sbom' })
const signatures = buildSignatures('the payload', ['first'])
/** The tag under which cosign keeps what is attached to a manifest. */
export const tagOf = (digest: Digest, suffix: string) => `sha256-${digestParts(digest).hex}.${suffix}`

/** Puts an image, or what is attached to one, into a registry as if it had been pushed. */
export function putImage(registry: FakeRegistry, name: string, { root, blobs }: BuiltImage, tag?: string): void {
  const repository = registry.repository(name)
  for (const [digest, bytes] of blobs) {
    if (Buffer.from(bytes).toString().includes('"schemaVersion"')) {
      const type = Buffer.from(bytes).toString().includes('"manifests"') ? 'index' : 'manifest'
      repository.addManifest(`application/vnd.oci.image.${type}.v1+json`, bytes)
    } else repository.blobs.set(digest, bytes)
  }
  if (tag !== undefined) repository.tags.set(tag, root.digest)
}

/** An image of two platforms with what is attached to it: a note, a signature by tag, and an SBOM of a platform that has a note too. */
export function putAttachedImage(registry: FakeRegistry, name: string): void {
  putImage(registry, name, image, 'v1')
  for (const one of [sbom, note, noteOfSbom]) putImage(registry, name, one)
  putImage(registry, name, signatures, tagOf(image.root.digest, 'sig'))
}

/** Everything that is attached at a place to these manifests. */
export async function attachedAt(reference: string, subjects: readonly Digest[]) {
  await using test = openTestContext()
  await using source = await openSource(parseReference(reference), test.context)
  const found = []
  for (const subject of subjects) {
    for await (const one of source.attachments?.(subject) ?? [])
      found.push({
        subject,
        by: one.by,
        tag: one.by === 'tag' ? one.tag : undefined,
        digest: one.node.digest,
        type: one.node.artifactType,
        annotations: one.node.annotations,
      })
  }
  return found
}

export const subjects = [image.root.digest, platformNode.digest, sbom.root.digest]
