import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { digestOf } from '../../model/digest.ts'
import type { ImageSource, Reference } from '../../transports/index.ts'
import {
  type AppliedScope,
  asksForSignature,
  type CheckedManifest,
  identitiesOf,
  type PolicyFile,
  requireAllowed,
  requirementsFor,
  requireNotRejected,
  type SignatureVerifiers,
} from '../../trust/index.ts'
import type { ManifestReader } from '../manifest-reader.ts'
import { type SignatureSearch, signaturesOf } from './signatures-of.ts'

/** What decides whether an image may be used is said always, if only that nothing does. */
export interface Guarded {
  readonly guard: PolicyGuard | undefined
}

/** Decides which manifests of a source may be used. What was allowed once is not looked at again. */
export interface PolicyGuard {
  /** The file that decides. */
  readonly file: string
  /** What it asks of the image; at least one. */
  readonly applied: readonly AppliedScope[]
  /**
   * To be asked before anything of the image is read. Of a source that is read once this decides alone: its signatures, if it had any, would
   * come with its layers.
   *
   * @throws LadingError `untrusted`
   */
  admit(): Promise<void>
  /** Whether `check` has anything to look at. */
  readonly checksManifests: boolean
  /** To be asked before anything that the manifest names is read. @throws LadingError `untrusted`, and what the source throws */
  check(node: Node, reader: ManifestReader, signal: AbortSignal | undefined): Promise<void>
}

/**
 * @param reference what the source was opened with
 * @throws LadingError where it cannot be told what the policy calls the image
 */
export async function createPolicyGuard(
  { file, policy }: PolicyFile,
  reference: Reference,
  source: ImageSource,
  verifiers: SignatureVerifiers,
  search: SignatureSearch = {},
): Promise<PolicyGuard> {
  // Who reads an image from a mirror has named it all the same: what is signed is what was named.
  const applied = requirementsFor(policy, await identitiesOf(source.reference ?? reference, policy))
  const isReadOnce = source.traits.order === 'once'
  const checksManifests = asksForSignature(applied) && !isReadOnce
  const allowed = new Map<string, Promise<void>>()
  return {
    file,
    applied,
    checksManifests,
    async admit() {
      requireNotRejected(applied, source.name, file)
      if (!isReadOnce || !asksForSignature(applied)) return
      await requireAllowed(applied, unsigned(source.name), verifiers, file)
    },
    async check(node, reader, signal) {
      if (!checksManifests) return
      const { digest } = node
      const before = allowed.get(digest)
      if (before !== undefined) return await before
      const manifest = {
        name: source.name,
        digest,
        bytes: () => reader.read(node, signal),
        signatures: () => signaturesOf(source, reader, digest, search, signal),
      }
      const checking = requireAllowed(applied, manifest, verifiers, file)
      allowed.set(digest, checking)
      // who asks anew, after a failure that may pass, is looked at anew
      checking.catch(() => allowed.delete(digest))
      await checking
    },
  }
}

function unsigned(name: string): CheckedManifest {
  const unread = () => Promise.reject(new LadingError('internal', 'what has no signature is not read for it'))
  return { name, digest: digestOf(new Uint8Array()), bytes: unread, async *signatures() {} }
}
