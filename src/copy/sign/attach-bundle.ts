import type { Node } from '../../model/descriptor.ts'
import type { ImageDestination } from '../../transports/index.ts'
import { bundleManifest, makeBundle, pushAttached } from '../../trust/sigstore/index.ts'
import type { NamedSigner } from './named-signer.ts'
import type { MadeSignature, SignOptions } from './sign-options.ts'
import type { Witnesses } from './witnesses.ts'

/** Signs the manifest as cosign 3 does: a bundle for each signer, which refers to it. */
export async function attachBundle(
  destination: ImageDestination,
  subject: Node,
  signers: readonly NamedSigner[],
  witnesses: Witnesses,
  { annotations, signal }: SignOptions,
): Promise<MadeSignature[]> {
  const made: MadeSignature[] = []
  for (const { identity, name, keyDigest } of signers) {
    const bundle = await makeBundle(subject.digest, identity, { ...witnesses, annotations }, signal)
    const attached = bundleManifest(subject, bundle)
    await pushAttached(destination, subject.digest, attached, signal)
    made.push({ subject: subject.digest, key: name, keyDigest, manifest: attached.attachment.node.digest })
  }
  return made
}
