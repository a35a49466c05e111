import { LadingError } from '../../errors/index.ts'
import { type Digest, digestParts, isDigest } from '../../model/digest.ts'
import { manifestDigest } from '../../model/manifest-digest.ts'
import type { ImageSignature } from '../image-signature.ts'
import { createRequirementCheck, type RequirementCheck } from './requirement-check.ts'
import type { AppliedScope } from './requirements-for.ts'
import type { SignatureVerifiers } from './signature-verifiers.ts'

/** A manifest that is to be used. */
export interface CheckedManifest {
  /** For messages. */
  readonly name: string
  readonly digest: Digest
  /** Its bytes, which are those of the digest. */
  bytes(): Promise<Uint8Array>
  /** What is signed over it, by whomever. An item is an error where it cannot be read. */
  signatures(): AsyncIterable<ImageSignature | LadingError>
}

/** So many reasons are told. */
const reasonsTold = 5

/** What asks for no signature is decided without the image. @throws LadingError `untrusted` */
export function requireNotRejected(applied: readonly AppliedScope[], image: string, file: string): void {
  for (const { requirements, ...scope } of applied) {
    const refuse = (why: string, hint?: string) => untrusted(`${whereSaid(scope, file)} ${why}`, image, hint)
    if (requirements.length === 0) throw refuse('asks for nothing at all')
    for (const one of requirements) {
      if (one.type === 'reject') throw refuse('rejects it')
      if (one.type === 'signedBaseLayer') throw refuse('asks for a signed base layer, which nobody can check')
      if (one.type === 'signedBy' && one.keyType !== 'GPGKeys')
        throw refuse(`asks for keys of type ${one.keyType}, which nobody can check`)
    }
  }
}

/** Whether the image has to be signed, beside not being rejected. */
export function asksForSignature(applied: readonly AppliedScope[]): boolean {
  return applied.some(({ requirements }) => requirements.some(({ type }) => type !== 'insecureAcceptAnything'))
}

/**
 * Every requirement has to be met, each by one signature at least.
 *
 * @throws LadingError `untrusted`, with what was asked for and why no signature is that; `bad-config` where a key cannot be read
 */
export async function requireAllowed(
  applied: readonly AppliedScope[],
  manifest: CheckedManifest,
  verifiers: SignatureVerifiers,
  file: string,
): Promise<void> {
  requireNotRejected(applied, manifest.name, file)
  const checks = applied.flatMap(({ requirements, identity, ...scope }) =>
    requirements.flatMap(requirement => {
      const check = createRequirementCheck(requirement, identity, verifiers)
      return check === undefined ? [] : [{ check, where: whereSaid(scope, file), reasons: [] as string[] }]
    }),
  )
  let unmet = checks
  let found = 0
  if (unmet.length === 0) return
  for await (const signature of manifest.signatures()) {
    found += 1
    const still: typeof unmet = []
    for (const one of unmet) {
      const why = await whyNot(signature, one.check, manifest)
      if (why === undefined) continue
      one.reasons.push(`signature ${found}: ${why}`)
      still.push(one)
    }
    unmet = still
    if (unmet.length === 0) return
  }
  const [first] = unmet
  if (first === undefined) return
  const { check, where, reasons } = first
  throw untrusted(
    `${where} asks for ${check.wanted}, and ${found === 0 ? 'it has no signature' : told(reasons)}`,
    manifest.name,
  )
}

/** Why the signature does not meet the requirement, or `undefined` where it does. */
async function whyNot(
  signature: ImageSignature | LadingError,
  check: RequirementCheck,
  manifest: CheckedManifest,
): Promise<string | undefined> {
  if (signature instanceof LadingError) return signature.message
  try {
    const claim = await check.verify(signature)
    if (!check.accepts(claim.dockerReference)) return `it is for ${JSON.stringify(claim.dockerReference)}`
    return (await isOf(claim.manifestDigest, manifest))
      ? undefined
      : `it is for another manifest, ${claim.manifestDigest}`
  } catch (error) {
    if (!(error instanceof LadingError) || ['bad-config', 'interrupted', 'internal'].includes(error.code)) throw error
    return error.message
  }
}

/** A signature may name a manifest by a digest of another algorithm. */
async function isOf(signed: string, { digest, bytes }: CheckedManifest): Promise<boolean> {
  if (!isDigest(signed)) return false
  const { algorithm } = digestParts(signed)
  if (algorithm === digestParts(digest).algorithm) return signed === digest
  return manifestDigest(await bytes(), algorithm) === signed
}

function told(reasons: readonly string[]): string {
  const more = reasons.length - reasonsTold
  return [...reasons.slice(0, reasonsTold), ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

/** How a message names the part of the policy. */
export function whereSaid({ transport, scope }: Pick<AppliedScope, 'transport' | 'scope'>, file: string): string {
  const part =
    transport === undefined ? 'its default' : scope === '' ? `for ${transport}:` : `for ${transport}: ${scope}`
  return `the policy ${file} (${part})`
}

function untrusted(why: string, subject: string, hint?: string): LadingError {
  return new LadingError('untrusted', why, { operation: 'check policy', subject, side: 'source', hint })
}
