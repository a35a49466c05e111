import { type SyncedImage, syncSources } from '../../../copy/sync/sync-options.ts'
import { LadingError } from '../../../errors/index.ts'
import { defineCommand } from '../../command.ts'
import { defined } from '../../defined.ts'
import { argument, choice, flag, text } from '../../options.ts'
import { sidedServersOf } from '../../read-server-options.ts'
import { sequoiaOption } from '../../sequoia-option.ts'
import { sidedServerOptions } from '../../server-options.ts'
import { sharedOptions } from '../../shared-options.ts'
import { signaturesOf } from '../../signature-options.ts'
import { writeDigestFile } from '../../write-digest-file.ts'
import { type LogLine, logLine } from '../log-line.ts'
import { openCopyOutput } from './copy-output.ts'
import { skopeoGlobals } from './globals.ts'
import { skopeoMessage } from './message.ts'
import { requiredPolicy } from './required-policy.ts'
import { retriesOf, retryOptions } from './retry-options.ts'
import { sessionOf } from './session.ts'
import { signatureOptions } from './signature-options.ts'

const destinations = ['docker', 'dir'] as const

/** `skopeo sync`: one image after the other, as its output has them. */
export const skopeoSync = defineCommand({
  description: '',
  examples: [],
  arguments: { source: argument('SOURCE', ''), destination: argument('DESTINATION', '') },
  options: {
    ...skopeoGlobals,
    ...sidedServerOptions,
    ...retryOptions,
    ...signatureOptions,
    ...sequoiaOption,
    all: flag({ short: 'a', description: 'copy all images of a list' }),
    appendSuffix: text({ value: 'string', description: 'add this to the tags at the destination' }),
    authfile: sharedOptions.authfile,
    dest: text({ short: 'd', value: 'string', description: 'what DESTINATION is' }),
    digestfile: text({ value: 'string', description: 'write digests and names of the images to this file' }),
    dryRun: flag({ description: 'copy nothing, and say what would be' }),
    format: choice(['oci', 'v2s1', 'v2s2'], {
      short: 'f',
      default: undefined,
      description: 'the type of the manifests',
    }),
    keepGoing: flag({ description: 'go on where an image fails' }),
    preserveDigests: flag({ description: 'fail where a digest would change' }),
    scoped: flag({ description: 'keep the whole name of each image below DESTINATION' }),
    src: text({ short: 's', value: 'string', description: 'what SOURCE is' }),
  },

  async run(input, context) {
    const { source, destination, dryRun, keepGoing, all, preserveDigests } = input
    const policy = await requiredPolicy(input, context)
    const from = placeOf(input.src, syncSources, 'source')
    const to = placeOf(input.dest, destinations, 'destination')
    const log = (line: LogLine) => void context.stderr.write(logLine(line, context.stderr))
    let output = openCopyOutput(context)
    const images = context.library.syncImages(source, destination, {
      ...sessionOf(input, context),
      referrers: false,
      ...sidedServersOf(input),
      ...signaturesOf(input, context),
      requireSignatures: true,
      sigstoreAttachments: 'configured',
      ...(all ? { allPlatforms: true } : { onePlatform: true }),
      ...(to === 'docker' && !preserveDigests ? { compression: 'gzip', recompress: 'uncompressed' } : {}),
      policy,
      from,
      to,
      scoped: input.scoped,
      dryRun,
      keepGoing,
      preserveDigests,
      imagesAtOnce: 1,
      ...retriesOf(input),
      ...defined({
        appendSuffix: input.appendSuffix,
        authFile: input.authfile,
        format: input.format,
      }),
      onEvent: event => {
        if (!dryRun || event.type === 'warning') output.onEvent(event)
      },
    })
    if (dryRun) log({ level: 'warning', message: 'Running in dry-run mode' })
    const done: SyncedImage[] = []
    for await (const image of images) {
      done.push(image)
      if (image.error !== undefined) log({ level: 'error', message: skopeoMessage(image.error, 'sync') })
      else if (!dryRun) output.end(image.result)
      output = openCopyOutput(context)
      log(lineOf(image, done.length, dryRun))
    }
    if (input.digestfile !== undefined && !dryRun) await writeDigestFile(input.digestfile, digestLines(done))
    tellEnd(done, dryRun, log)
  },
})

function placeOf<const P extends string>(given: string | undefined, places: readonly P[], side: string): P {
  if (given === undefined || given === '') {
    throw new LadingError('bad-argument', `A ${side} transport must be specified`)
  }
  const found = places.find(one => one === given)
  if (found === undefined) {
    throw new LadingError('bad-argument', `${JSON.stringify(given)} is not a valid ${side} transport`)
  }
  return found
}

function lineOf({ source, destination = '' }: SyncedImage, count: number, dryRun: boolean): LogLine {
  return {
    level: 'info',
    message: `${dryRun ? 'Would have copied' : 'Copied'} image ref ${count}`,
    fields: { from: source, to: destination },
  }
}

/** @throws LadingError where images failed */
function tellEnd(done: readonly SyncedImage[], dryRun: boolean, log: (line: LogLine) => void): void {
  const failures = done.flatMap(({ error }) => (error === undefined ? [] : [error]))
  const repositories = new Set(done.map(({ source }) => source.replace(/(?::[^:/]*)?(?:@.*)?$/, '')))
  const verb = dryRun ? 'Would have synced' : 'Synced'
  const count = done.length - failures.length
  log({ level: 'info', message: `${verb} ${count} images from ${repositories.size} sources` })
  const [first] = failures
  if (first === undefined) return
  throw new LadingError(
    'server-error',
    `Sync failed due to previous reported error(s) for ${failures.length} image(s)`,
    {
      cause: first,
    },
  )
}

function digestLines(images: readonly SyncedImage[]): string {
  return images
    .map(({ destination, result }) => (result === undefined ? '' : `${result.digest} ${destination}\n`))
    .join('')
}
