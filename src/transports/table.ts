import { LadingError } from '../errors/index.ts'
import { redactText } from '../http/redact.ts'
import { limits } from '../model/limits.ts'
import { bucketTransport } from './bucket/index.ts'
import { containersStorageTransport } from './containers-storage/index.ts'
import { dirTransport } from './dir/index.ts'
import { dockerArchiveTransport } from './docker-archive/index.ts'
import { dockerDaemonTransport } from './docker-daemon/index.ts'
import { ociArchiveTransport } from './oci-archive/index.ts'
import { ociLayoutTransport } from './oci-layout/index.ts'
import { ostreeTransport } from './ostree/index.ts'
import { registryTransport } from './registry/index.ts'
import type { RemovedImage, RemoveOptions } from './remove-options.ts'
import { sifTransport } from './sif/index.ts'
import { tarballTransport } from './tarball/index.ts'
import type { ImageDestination, ImageSource, Reference, Transport, TransportContext } from './transport.ts'

/** Every transport. What one has parsed is only ever given back to that same one. */
const transports: readonly Transport[] = [
  bucketTransport,
  ociLayoutTransport,
  ociArchiveTransport,
  dirTransport,
  dockerArchiveTransport,
  dockerDaemonTransport,
  containersStorageTransport,
  sifTransport,
  tarballTransport,
  ostreeTransport,
  registryTransport,
]

/**
 * Reads what a user types. Without a known prefix it is an image in a registry, as `docker pull` reads it.
 *
 * @example
 * parseReference('alpine') // { transport: 'registry', registry: 'docker.io', repository: 'library/alpine', tag: 'latest', shortName: 'alpine' }
 *
 * @throws LadingError `bad-reference`
 */
export function parseReference(text: string): Reference {
  if (text.length > limits.referenceCharacters) {
    throw new LadingError(
      'bad-reference',
      `a reference may have ${limits.referenceCharacters} characters, and this one has ${text.length}`,
    )
  }
  const named = transports.find(transport => transport.prefixes.some(prefix => text.startsWith(prefix)))
  if (named === undefined && /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) {
    throw new LadingError('bad-reference', `${JSON.stringify(redactText(text))} has a prefix that no transport has`, {
      hint: `the prefixes are ${transports.flatMap(transport => transport.prefixes).join(' ')}; an image in a registry needs none`,
    })
  }
  return (named ?? registryTransport).parse(text)
}

/** As a user types it, written out: `parseReference(formatReference(r))` is the same place as `r`. */
export function formatReference(reference: Reference): string {
  return transportOf(reference).format(reference)
}

/** What a reference is a tag of: a repository, an archive, a layout. Where there is no such thing, the reference itself. */
export function formatRepository(reference: Reference): string {
  const transport = transportOf(reference)
  return (transport.formatRepository ?? transport.format)(reference)
}

/** Whether an image written to what a user types goes to standard output, so that nothing else may. What is no reference does not. */
export function writesStandardOutput(text: string): boolean {
  return ofReference(text, (transport, reference) => transport.writesStandardOutput?.(reference))
}

/** Whether the image that a user types comes from standard input, which can be read once. */
export function readsStandardInput(text: string): boolean {
  return ofReference(text, (transport, reference) => transport.readsStandardInput?.(reference))
}

function ofReference(text: string, ask: (transport: Transport, reference: Reference) => boolean | undefined): boolean {
  const transport = transports.find(({ prefixes }) => prefixes.some(prefix => text.startsWith(prefix)))
  try {
    return transport === undefined ? false : (ask(transport, transport.parse(text)) ?? false)
  } catch {
    return false
  }
}

/** @throws LadingError what the transport throws; `unsupported` where it cannot be read */
export async function openSource(reference: Reference, context: TransportContext): Promise<ImageSource> {
  const transport = transportOf(reference)
  if (transport.openSource === undefined) throw cannot(transport, reference, 'copy from')
  return transport.openSource(reference, context)
}

/** @throws LadingError what the transport throws; `unsupported` where it cannot be written */
export async function openDestination(reference: Reference, context: TransportContext): Promise<ImageDestination> {
  const transport = transportOf(reference)
  if (transport.openDestination === undefined) throw cannot(transport, reference, 'copy to')
  return transport.openDestination(reference, context)
}

/** @throws LadingError what the transport throws; `unsupported` where nothing can be removed, or not as the options say */
export async function removeImage(
  reference: Reference,
  context: TransportContext,
  options: RemoveOptions,
): Promise<RemovedImage> {
  const transport = transportOf(reference)
  const details = { operation: 'delete', subject: transport.format(reference) }
  if (transport.remove === undefined) {
    throw new LadingError('unsupported', 'it is a file or a directory of its own', {
      ...details,
      hint: 'remove the file or the directory',
    })
  }
  if (!transport.removesTags && (options.dryRun || options.expect !== undefined)) {
    throw new LadingError('unsupported', 'a condition or a dry run is for the tags of buckets', {
      ...details,
      hint: 'leave it out: `lading inspect` shows what would be deleted',
    })
  }
  return transport.remove(reference, context, options)
}

function transportOf(reference: Reference): Transport {
  const transport = transports.find(({ name }) => name === reference.transport)
  if (transport === undefined) throw new LadingError('internal', `no transport is named ${reference.transport}`)
  return transport
}

function cannot(transport: Transport, reference: Reference, verb: string): LadingError {
  const subject = transport.format(reference)
  const scheme = subject.slice(0, subject.indexOf(':') + 1)
  return new LadingError('unsupported', `${scheme} can only be ${verb === 'copy to' ? 'read' : 'written'}`, {
    operation: verb,
    subject,
    hint: 'docs/transports.md says what can be read and written',
  })
}
