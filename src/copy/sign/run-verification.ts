import type { Digest } from '../../model/digest.ts'
import { formatReference, type ImageSource, openSource, parseReference } from '../../transports/index.ts'
import { type FoundSignature, verifyImageSignatures } from '../../trust/sigstore/index.ts'
import { interruptible } from '../interruptible.ts'
import { createManifestReader } from '../manifest-reader.ts'
import { parseNode } from '../parse-node.ts'
import { openSession } from '../session.ts'
import { sourceSide } from '../sides.ts'
import { nothingAttached } from './open-signable.ts'
import { s3loSignatures } from './s3lo-signatures.ts'
import { openS3loTag } from './s3lo-tag.ts'
import { readTrust, type VerificationTrust } from './verification-trust.ts'
import type { ImageSignatureReport, VerifyOptions, VerifyResult } from './verify-options.ts'

/** What `verifyImage` does. */
export async function runVerification(reference: string, options: VerifyOptions): Promise<VerifyResult> {
  const { signal, passphrase } = options
  return await interruptible(signal, async () => {
    const parsed = parseReference(reference)
    const name = formatReference(parsed)
    await using session = openSession(options, () => {})
    const context = session.context('source')
    const { http, environment, cloud } = context
    const trust = await readTrust(options, {
      http,
      environment,
      cloud,
      ...(passphrase === undefined ? {} : { passphrase }),
    })
    await using source = sourceSide(await openSource(parsed, context))
    if (source.attachments === undefined) throw nothingAttached(name)
    const root = await source.resolve(signal)
    // The signatures are of the digest, so the bytes must have it.
    parseNode(root, await createManifestReader(source).read(root, signal))
    const signatures = await attachedSignatures(source, root.digest, trust, signal)
    await using tagged = await openS3loTag(parsed, root.digest, context)
    if (tagged !== undefined) signatures.push(...(await Array.fromAsync(s3loSignatures(tagged, trust, signal))))
    const missing = unsigned(trust, signatures)
    const verified = missing.length === 0 && signatures.some(({ valid }) => valid)
    return { reference: name, digest: root.digest, verified, signatures, missing }
  })
}

/** The keys of which there is no valid signature. One key may have been named twice, as a file and in its service. */
function unsigned({ keys }: VerificationTrust, signatures: readonly ImageSignatureReport[]): string[] {
  const names = new Set(signatures.filter(({ valid }) => valid).map(({ key }) => key))
  const signed = new Set(keys.filter(({ name }) => names.has(name)).map(({ pem }) => pem))
  return keys.filter(({ pem }) => !signed.has(pem)).map(({ name }) => name)
}

async function attachedSignatures(
  source: ImageSource,
  digest: Digest,
  trust: VerificationTrust,
  signal: AbortSignal | undefined,
): Promise<ImageSignatureReport[]> {
  const signatures: ImageSignatureReport[] = []
  for await (const found of verifyImageSignatures(source, digest, trust.signers, signal)) {
    signatures.push(report(found, trust))
  }
  return signatures
}

function report(found: FoundSignature, { keys }: VerificationTrust): ImageSignatureReport {
  const { manifest, digest } = found
  const form = found.form === 'attachment' ? 'cosign' : 'bundle'
  if (!found.valid) return { form, valid: false, reason: found.error.message, digest, manifest }
  const { signer, dockerReference } = found
  const key = signer.kind === 'key' ? keys.find(({ pem }) => pem === signer.publicKey)?.name : undefined
  return {
    form,
    valid: true,
    ...(key === undefined ? {} : { key }),
    ...(signer.kind === 'key' ? {} : { identity: { subjects: signer.subjects, issuer: signer.issuer } }),
    digest,
    manifest,
    ...(dockerReference === undefined ? {} : { dockerReference }),
  }
}
