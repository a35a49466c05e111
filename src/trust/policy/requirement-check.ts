import { LadingError } from '../../errors/index.ts'
import type { ImageSignature } from '../image-signature.ts'
import { payloadMediaType } from '../sigstore/signature-payload.ts'
import type { SigstoreTrust } from '../sigstore/verify-attachment.ts'
import type { ImageIdentity } from './image-identity.ts'
import { matchesIdentity } from './matches-identity.ts'
import type { Content, IdentityRule, Requirement, SigstoreSigned } from './policy.ts'
import { readContent } from './read-content.ts'
import type { SignatureVerifiers, SignedClaim } from './signature-verifiers.ts'

/** What a requirement for a signature asks of each. */
export interface RequirementCheck {
  /** For messages. */
  readonly wanted: string
  /** What a signature by whom is trusted says. @throws LadingError why it is none */
  verify(signature: ImageSignature): Promise<SignedClaim>
  /** Whether a signature for this image will do. */
  accepts(dockerReference: string): boolean
}

/** `undefined` for a requirement that asks for no signature. */
export function createRequirementCheck(
  requirement: Requirement,
  { dockerName }: ImageIdentity,
  verifiers: SignatureVerifiers,
): RequirementCheck | undefined {
  if (requirement.type === 'insecureAcceptAnything' || requirement.type === 'reject') return undefined
  const accepts = (signed: string) => matchesIdentity(requirement.identity, dockerName, signed)
  switch (requirement.type) {
    case 'signedBy': {
      const { keys, keyType } = requirement
      const keyrings = once(async () => {
        // looked at before, and here too: nothing else may count for a key of GnuPG's
        if (keyType !== 'GPGKeys') throw refused(`keys of type ${keyType} cannot be checked`)
        if (keys.length === 0) throw refused('the policy names no keys')
        return await Promise.all(keys.map(readContent))
      })
      return {
        wanted: `a simple signature by a key of ${named(keys)}${forImage(requirement.identity)}`,
        accepts,
        async verify(signature) {
          if (signature.format !== 'simple') throw refused('it is one of sigstore')
          return await verifiers.simple(signature.bytes, await keyrings())
        },
      }
    }
    case 'signedBaseLayer':
      return {
        wanted: 'a signed base layer',
        accepts: () => false,
        verify: () => Promise.reject(refused('nobody can check a base layer')),
      }
    case 'sigstoreSigned': {
      const trust = once(() => readTrust(requirement))
      return {
        wanted: `a signature of sigstore ${signers(requirement)}${forImage(requirement.identity)}`,
        accepts,
        async verify(signature) {
          if (signature.format !== 'sigstore') throw refused('it is a simple one')
          if (signature.mediaType !== payloadMediaType) throw refused(`it is no signature, but ${signature.mediaType}`)
          return await verifiers.sigstore(signature, await trust())
        },
      }
    }
  }
}

async function readTrust({ keys, fulcio, pki, rekorKeys }: SigstoreSigned): Promise<SigstoreTrust> {
  return {
    ...(keys === undefined ? {} : { keys: await Promise.all(keys.map(readText)) }),
    ...(fulcio === undefined ? {} : { fulcio: { ...fulcio, ca: await readText(fulcio.ca) } }),
    ...(pki === undefined ? {} : { pki: await readPki(pki) }),
    ...(rekorKeys === undefined ? {} : { rekorKeys: await Promise.all(rekorKeys.map(readText)) }),
  }
}

async function readPki({ roots, intermediates, ...subject }: NonNullable<SigstoreSigned['pki']>) {
  return {
    ...subject,
    roots: await readText(roots),
    ...(intermediates === undefined ? {} : { intermediates: await readText(intermediates) }),
  }
}

/** PEM is text. */
async function readText(content: Content): Promise<string> {
  return Buffer.from(await readContent(content)).toString()
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

function signers({ keys = [], fulcio, pki }: SigstoreSigned): string {
  if (fulcio !== undefined) return `by ${fulcio.subjectEmail} of ${fulcio.oidcIssuer}`
  if (pki === undefined) return `by a key of ${named(keys)}`
  const whose = [pki.subjectEmail, pki.subjectHostname].filter(one => one !== undefined)
  return `by ${whose.join(' and ')}, certified under ${named([pki.roots])}`
}

function named(keys: readonly Content[]): string {
  const names = keys.map(key => ('path' in key ? key.path : 'the policy itself'))
  return names.length === 0 ? 'none' : [...new Set(names)].join(', ')
}

function forImage(rule: IdentityRule): string {
  if (rule.type === 'exactReference') return ` for ${rule.dockerReference}`
  return rule.type === 'exactRepository' ? ` for ${rule.dockerRepository}` : ''
}

function refused(why: string): LadingError {
  return new LadingError('untrusted', why)
}
