import { LadingError } from '../errors/index.ts'
import {
  formatReference,
  type ImageDestination,
  openDestination,
  openSource,
  parseReference,
  readsStandardInput,
  writesStandardOutput,
} from '../transports/index.ts'
import { copyOpened } from './copy-opened.ts'
import type { CopyOptions, CopyResult } from './copy-options.ts'
import type { CopyListener } from './events.ts'
import { inTakenFormat } from './in-taken-format.ts'
import { interruptible } from './interruptible.ts'
import { rememberingDestination } from './layer-cache.ts'
import { openSession } from './session.ts'
import { destinationSide, sourceSide } from './sides.ts'
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
  return await interruptible(options.signal, () => {
    const { retryTimes = 0, retryDelaySeconds, onEvent, signal } = options
    const times = readsStandardInput(source) || writesStandardOutput(destination) ? 0 : retryTimes
    const subject = `the copy of ${source}`
    return withRetries({ times, delaySeconds: retryDelaySeconds, subject, listen: onEvent, signal }, () =>
      copy(source, destination, options),
    )
  })
}

async function copy(source: string, destination: string, options: CopyOptions): Promise<CopyResult> {
  const listen: CopyListener = options.onEvent ?? (() => {})
  const jobs = options.jobs ?? 10
  if (!Number.isSafeInteger(jobs) || jobs < 1)
    throw new LadingError('bad-argument', `jobs is ${jobs}; it must be 1 or more`)
  const sourceReference = parseReference(source)
  const destinationReference = parseReference(destination)

  for (const [{ transport }, folder, where] of [
    [sourceReference, options.sourceSharedBlobDir, source],
    [destinationReference, options.destinationSharedBlobDir, destination],
  ] as const) {
    if (folder === undefined || transport === 'oci-layout') continue
    listen({
      type: 'warning',
      message: `the shared folder ${folder} is for the blobs of oci: layouts, and not used for ${where}`,
    })
  }
  await using session = openSession(options, listen)
  await using from = sourceSide(await openSource(sourceReference, session.context('source')))
  const opened = await openDestination(destinationReference, session.context('destination'))
  await using to = rememberingDestination(destinationSide(opened))
  checkAdditionalTags(to, options)
  const names = { source: from.name, destination: formatReference(destinationReference) }
  const moved = await inTakenFormat(from, options, listen, chosen => copyOpened(from, to, { ...chosen, jobs }, listen))
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
