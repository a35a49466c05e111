import { LadingError } from '../errors/index.ts'
import {
  formatReference,
  type ImageDestination,
  openDestination,
  openSource,
  parseReference,
  type Reference,
  readsStandardInput,
  writesStandardOutput,
} from '../transports/index.ts'
import { copyOpened } from './copy-opened.ts'
import type { CopyOptions, CopyResult } from './copy-options.ts'
import type { CopyListener } from './events.ts'
import { withForeignLayers } from './foreign-source.ts'
import { inTakenFormat } from './in-taken-format.ts'
import { interruptible } from './interruptible.ts'
import { rememberingDestination } from './layer-cache.ts'
import { openEncryption } from './open-encryption.ts'
import { openPolicyGuard } from './policy/open-policy-guard.ts'
import { openSession, type Shared } from './session.ts'
import { destinationSide, sourceSide } from './sides.ts'
import { openSigners } from './signatures/open-signers.ts'
import { withRetries } from './with-retries.ts'

/**
 * Copies an image from one place to another: resolve, plan, run, commit.
 *
 * Every byte is checked against its digest on the way. The destination's name changes last, once everything below it is
 * stored; a failed copy leaves the name as it was and what was stored reusable.
 *
 * @example
 * const { digest } = await copyImage('oci:examples/hello:v1', 'local://./images/hello:v1')
 *
 * @throws LadingError
 */
export async function copyImage(source: string, destination: string, options: CopyOptions = {}): Promise<CopyResult> {
  return await copyImageOver(undefined, source, destination, options)
}

/** The same as one of several copies that share their HTTP client. */
export async function copyImageOver(
  shared: Shared | undefined,
  source: string,
  destination: string,
  options: CopyOptions,
): Promise<CopyResult> {
  const { retryTimes: times = 0, retryDelaySeconds: delaySeconds, onEvent: listen, signal } = options
  const once = readsStandardInput(source) || writesStandardOutput(destination)
  const retries = { times: once ? 0 : times, delaySeconds, subject: `the copy of ${source}`, listen, signal }
  return await interruptible(signal, () => withRetries(retries, () => copy(shared, source, destination, options)))
}

async function copy(
  shared: Shared | undefined,
  source: string,
  destination: string,
  options: CopyOptions,
): Promise<CopyResult> {
  const listen: CopyListener = options.onEvent ?? (() => {})
  const jobs = options.jobs ?? 10
  if (!Number.isSafeInteger(jobs) || jobs < 1)
    throw new LadingError('bad-argument', `jobs is ${jobs}; it must be 1 or more`)
  const sourceReference = parseReference(source)
  const destinationReference = parseReference(destination)

  sayUnusedFolders(sourceReference, destinationReference, options, listen)
  const encryption = await openEncryption(options, listen)
  await using session = openSession(options, listen, shared)
  const reading = session.context('source')
  const signing = await openSigners(options, destinationReference, { http: reading.http, signal: options.signal })
  const openedSource = sourceSide(await openSource(sourceReference, reading))
  await using from = withForeignLayers(openedSource, reading.http)
  const guard = await openPolicyGuard(options.policy, sourceReference, from, reading.environment, options)
  await guard?.admit()
  const openedDestination = destinationSide(await openDestination(destinationReference, session.context('destination')))
  await using to = rememberingDestination(openedDestination)
  checkAdditionalTags(to, options)
  const { lanes } = session
  const names = { source: from.name, destination: formatReference(destinationReference) }
  const moved = await inTakenFormat(from, options, listen, chosen =>
    copyOpened(from, to, { ...chosen, jobs, lanes, encryption, guard, signing }, listen),
  )
  return { ...names, ...moved }
}

function checkAdditionalTags({ name, traits }: ImageDestination, { additionalTags = [] }: CopyOptions): void {
  if (additionalTags.length === 0 || traits.additionalTags) return
  throw new LadingError('unsupported', 'it takes one name at a time', {
    side: 'destination',
    subject: name,
    hint: 'additional tags go into docker-archive: and docker-daemon:; elsewhere copy again under the other name, which moves no blob',
  })
}

/** What is asked of a transport that cannot do it, and harms nothing, is said. */
function sayUnusedFolders(source: Reference, destination: Reference, options: CopyOptions, listen: CopyListener): void {
  for (const [reference, folder] of [
    [source, options.sourceSharedBlobDir],
    [destination, options.destinationSharedBlobDir],
  ] as const) {
    if (folder === undefined || reference.transport === 'oci-layout') continue
    const message = `the shared folder ${folder} is for the blobs of oci: layouts, and not used for ${formatReference(reference)}`
    listen({ type: 'warning', message })
  }
}
