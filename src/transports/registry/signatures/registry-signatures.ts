import type { Access } from '../../../auth/index.ts'
import { LadingError } from '../../../errors/index.ts'
import type { Digest } from '../../../model/digest.ts'
import type { TransportContext } from '../../transport.ts'
import type { RegistryReference } from '../reference.ts'
import { readSignaturePlaces, type SignaturePlaces } from '../registries-d/signature-places.ts'
import type { RegistryClient } from '../registry-client.ts'
import { readLookaside, writeLookaside } from './lookaside.ts'
import { readExtension, writeExtension } from './signature-extension.ts'

/** What registries.d and the network are read with. */
export type SignatureContext = Pick<TransportContext, 'registriesD' | 'environment' | 'http' | 'tlsVerify'>

/** The simple signatures of a repository: in the registry, where it has a place for them, else in the lookaside store of registries.d. */
export interface RegistrySignatures {
  read(manifest: Digest, signal?: AbortSignal): Promise<readonly Uint8Array[]>
  /** A registry that keeps them itself has none taken from it. */
  write(manifest: Digest, signatures: readonly Uint8Array[], signal?: AbortSignal): Promise<void>
  /** Whether registries.d has those of sigstore kept as attachments. */
  attachesSigstore(): Promise<boolean>
}

/** Nothing is read before it is asked for. `reference` is where the image is: of a mirror its own. */
export function registrySignatures(
  reference: RegistryReference,
  client: RegistryClient,
  actions: Access['actions'],
  context: SignatureContext,
): RegistrySignatures {
  const repository = { client, access: { repository: reference.repository, actions } }
  let known: Promise<SignaturePlaces> | undefined
  const places = () => {
    known ??= readSignaturePlaces(reference, context)
    return known
  }
  return {
    async read(manifest, signal) {
      if (client.keepsSignatures) return await readExtension(repository, manifest, signal)
      const { http, tlsVerify } = context
      return await readLookaside((await places()).read, manifest, { http, tlsVerify, signal })
    },
    async write(manifest, signatures, signal) {
      if (signatures.length === 0 || !(await client.hasPlaceForSignatures(signal)))
        return await writeLookaside((await places()).write, manifest, signatures)
      // a file that begins with a zero byte is of another format
      if (signatures.some(([first]) => first === 0)) {
        throw new LadingError('unsupported', `${reference.registry} keeps simple signatures alone`, {
          operation: 'write signatures',
          hint: 'leave the others out with --remove-signatures',
        })
      }
      await writeExtension(repository, manifest, signatures, signal)
    },
    attachesSigstore: async () => (await places()).useSigstoreAttachments,
  }
}
