import { type SyncedImage, syncDestinations, syncSources } from '../../copy/sync/sync-options.ts'
import { LadingError } from '../../errors/index.ts'
import { parsePlatform } from '../../model/platform.ts'
import { cloudOf, cloudOptions } from '../cloud-options.ts'
import { defineCommand } from '../command.ts'
import type { Output } from '../context.ts'
import { defined } from '../defined.ts'
import { argument, choice, count, flag, list, text } from '../options.ts'
import { printableJson } from '../printable.ts'
import { eventText } from '../progress/event-text.ts'
import { sidedServersOf } from '../read-server-options.ts'
import { renderError } from '../render-error.ts'
import { sequoiaOption } from '../sequoia-option.ts'
import { sidedServerOptions } from '../server-options.ts'
import { sharedOptions } from '../shared-options.ts'
import { signaturesOf, syncSignatureOptions } from '../signature-options.ts'
import { styleFor } from '../style.ts'
import { retryOptions } from '../transfer.ts'
import { writeDigestFile } from '../write-digest-file.ts'
import { syncedText, syncSummary } from './sync-text.ts'

/** So many images at a time share the large blobs that may be moved. */
const imagesAtOnce = 4

export const syncCommand = defineCommand({
  description:
    'SOURCE is a repository, of which every tag is copied, or one image of it; a directory with dir: images in it; or a YAML file as ' +
    'skopeo-sync(1) describes it. Each image is written below DESTINATION under the last part of its name, with its tag. What is there ' +
    'already is not moved again, so a run that was stopped is run again.\n\n' +
    'Multi-platform images are copied whole. All names are known before the first byte moves, and two images of one name are an error.',
  arguments: {
    source: argument('SOURCE', 'The repository, directory or file.'),
    destination: argument(
      'DESTINATION',
      'A registry and the beginning of its repositories, a directory, an OCI layout, or a bucket.',
    ),
  },
  options: {
    src: choice(syncSources, {
      short: 's',
      default: undefined,
      description: 'What SOURCE is. Not given: as docker:// or dir: before it says.',
    }),
    dest: choice(syncDestinations, {
      short: 'd',
      default: undefined,
      description:
        'What DESTINATION is. Not given: as docker://, dir:, oci: or the s3://, gs://, az:// or local:// of a bucket says.',
    }),
    scoped: flag({ description: 'Keep the whole name of each image below DESTINATION, its registry too.' }),
    appendSuffix: text({ value: 'SUFFIX', description: 'Add this to every tag at DESTINATION.' }),
    platform: list(
      { value: 'OS/ARCH[/VARIANT]', description: 'Copy this platform of each image alone; give it again for several.' },
      parsePlatform,
    ),
    all: flag({ short: 'a', description: 'Copy all platforms, as happens anyway.' }),
    keepGoing: flag({ description: 'Go on with the other images where one fails; the run then fails at its end.' }),
    dryRun: flag({ description: 'Show what would be copied, and write nothing.' }),
    force: flag({ description: 'Move tags that the bucket calls immutable.' }),
    noReferrers: flag({
      description:
        'Leave what is attached to the images; tags of signatures are then copied as the tags that they are.',
    }),
    jobs: count({ value: 'N', default: 10, description: 'How many large blobs are moved at a time.' }),
    ...retryOptions,
    digestfile: text({
      value: 'PATH',
      description: 'Write a line with the digest and the name of each image at DESTINATION to this file.',
    }),
    quiet: flag({ short: 'q', description: 'Print nothing but errors.' }),
    ...sharedOptions,
    ...sidedServerOptions,
    ...syncSignatureOptions,
    ...sequoiaOption,
    ...cloudOptions,
  },
  examples: [
    { does: 'Every tag of a repository into a bucket', line: 'lading sync docker://alpine s3://images/mirror/' },
    {
      does: 'To carry it over a gap',
      line: 'lading sync --src docker --dest dir --scoped registry.example.com/busybox /media/usb',
    },
    {
      does: 'What a list names',
      line: 'lading sync --src yaml --dest docker --keep-going sync.yml registry.example.com/mirror',
    },
  ],
  json: {
    what: 'An array of objects, and [] where there is nothing to copy',
    fields: {
      source: 'the image that was read, or the repository that could not be listed',
      destination: 'where it was written',
      result: 'what `lading copy --output json` prints; absent where it failed',
      error: 'with --keep-going: `code`, `message` and `hint` of why it failed',
    } satisfies Record<keyof SyncedImage, string>,
  },

  async run(input, context) {
    const { library, stdout, stderr, env, signal, finishUnread } = context
    finishUnread?.()
    const { source, destination, src, dest, scoped, appendSuffix, keepGoing, dryRun, force, jobs, quiet, platform } =
      input
    if (input.all && platform.length > 0) {
      throw new LadingError('bad-argument', '--all and --platform cannot be given together', {
        hint: 'each of them says which platforms are copied: keep one',
      })
    }
    const atOnce = Math.min(imagesAtOnce, jobs)
    const images = library.syncImages(source, destination, {
      ...defined({
        from: src,
        to: dest,
        appendSuffix,
        retryDelaySeconds: input.retryDelay,
        authFile: input.authfile,
        tlsVerify: input.tlsVerify,
      }),
      ...sidedServersOf(input),
      ...signaturesOf(input, context),
      scoped,
      platforms: platform,
      allPlatforms: input.all,
      keepGoing,
      dryRun,
      force,
      referrers: !input.noReferrers,
      imagesAtOnce: atOnce,
      retryTimes: input.retryTimes,
      jobs: Math.floor(jobs / atOnce),
      cloud: cloudOf(input),
      signal,
      onEvent(event) {
        const line = quiet ? undefined : eventText(event)
        if (line !== undefined) stderr.write(`${line}\n`)
      },
    })
    const writer = quiet ? undefined : input.output === 'json' ? openJson(stdout) : openText(stdout)
    const done: SyncedImage[] = []
    try {
      for await (const image of images) {
        done.push(image)
        writer?.write(image)
        if (image.error !== undefined && input.output === 'text')
          stderr.write(renderError(image.error, styleFor(stderr, env)))
      }
    } finally {
      writer?.end(done)
      if (input.digestfile && !dryRun) await writeDigestFile(input.digestfile, digestLines(done))
    }
    const failures = done.flatMap(({ error }) => (error === undefined ? [] : [error]))
    const [first] = failures
    if (first === undefined) return
    throw new LadingError(first.code, `${failures.length} of ${done.length} could not be copied`, {
      operation: 'sync',
      subject: source,
      hint: 'what failed is told above; run it again to copy what is missing',
      cause: first,
    })
  },
})

interface Writer {
  write(image: SyncedImage): void
  end(images: readonly SyncedImage[]): void
}

function openText(stdout: Output): Writer {
  return {
    write: image => void stdout.write(syncedText(image)),
    end: images => void stdout.write(syncSummary(images)),
  }
}

/** One element a line, as each is done. */
function openJson(stdout: Output): Writer {
  let separator = '[\n  '
  return {
    write({ error, ...image }) {
      const failure = error && { error: { code: error.code, message: error.message, hint: error.hint } }
      stdout.write(separator + printableJson({ ...image, ...failure }))
      separator = ',\n  '
    },
    end: images => void stdout.write(images.length === 0 ? '[]\n' : '\n]\n'),
  }
}

/** As skopeo writes them. */
function digestLines(images: readonly SyncedImage[]): string {
  return images
    .map(({ destination, result }) => (result === undefined ? '' : `${result.digest} ${destination}\n`))
    .join('')
}
