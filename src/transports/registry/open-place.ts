import type { TransportContext } from '../transport.ts'
import type { RegistryReference } from './reference.ts'
import { blockedError } from './registries-conf/blocked-error.ts'
import type { Place } from './registries-conf/places-to-read.ts'
import { openRegistryClient, type RegistryClient } from './registry-client.ts'

/** Opens the registry of a place where an image is looked for that goes by another name. @throws LadingError `blocked` */
export async function openPlace(
  { reference, insecure, blockedBy }: Place,
  named: RegistryReference,
  context: TransportContext,
): Promise<RegistryClient> {
  if (blockedBy !== undefined) throw blockedError(reference, blockedBy).with({ side: context.side, operation: 'open' })
  const { credentials } = context
  return openRegistryClient(reference.registry, {
    ...context,
    // What the user says counts before what a file says.
    tlsVerify: context.tlsVerify ?? (insecure ? false : context.tlsOnLoopback ? true : undefined),
    // Who to be was said of the registry that the user named: no other gets to see it. What authentication files say is each one's own.
    credentials: reference.registry === named.registry ? credentials : { authFile: credentials.authFile },
  })
}
