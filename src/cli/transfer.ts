import type { CopyOptions, CopyResult } from '../copy/index.ts'
import { LadingError } from '../errors/index.ts'
import { parseDigest } from '../model/digest.ts'
import { copyText } from './commands/copy-text.ts'
import type { CommandContext } from './context.ts'
import { defined } from './defined.ts'
import { choice, count, duration, flag, type OptionSpec, text } from './options.ts'
import { printableJson } from './printable.ts'
import { openProgress, progressModes } from './progress/open-progress.ts'
import { writeDigestFile } from './write-digest-file.ts'

const defaultJobs = 10

/** How often a copy is begun anew. */
export const retryOptions = {
  retryTimes: count({
    value: 'N',
    default: 0,
    least: 0,
    description:
      'How often the whole copy is begun anew after a failure that may pass. Single requests and blobs are tried again anyway.',
  }),
  retryDelay: duration({
    value: 'DURATION',
    description: 'The wait before each of them, like 5s. Not given: 1, 2, 4, 8 … seconds.',
  }),
} as const

/** Options of every command that moves an image. */
export const transferOptions = {
  dryRun: flag({ description: 'Show what would be copied, and write nothing.' }),
  jobs: {
    ...count({ value: 'N', default: undefined, description: 'How many large blobs are moved at a time.' }),
    default: String(defaultJobs),
  },
  ...retryOptions,
  noReferrers: flag({
    description: 'Leave what is attached to the image: signatures, attestations, SBOMs and other referrers.',
  }),
  digestfile: text({
    value: 'PATH',
    description:
      'After the copy, write the digest of the image at the destination to this file, and nothing else, not even a newline.',
  }),
  quiet: flag({ short: 'q', description: 'Print nothing but errors.' }),
  progress: choice(progressModes, {
    default: 'auto',
    description:
      'The form of the progress on stderr: auto is a live display on a terminal, and plain elsewhere; plain is a line every ' +
      'few seconds; json is one object a line for each event.',
  }),
} as const

/** Under which condition a tag is written. */
export const conditionOptions = {
  ifAbsent: flag({
    description:
      'Write the tag only if there is none. Of several that try at once with images of their own, one does; whoever finds ' +
      'its own image there is told that nothing changed.',
  }),
  ifDigest: text({ value: 'DIGEST', description: 'Write the tag only if it stands for this digest now.' }),
} as const

/** `--output json` of every command that moves an image. */
export const transferJson = {
  what: 'One object',
  fields: {
    source: 'the image that was read',
    destination: 'where it was written',
    digest:
      'the digest of the image at the destination; with --dry-run, and layers that would change, what it would be if they did not',
    mediaType: 'the media type of its root',
    sourceDigest: 'the digest at the source; another one where the image was rewritten',
    rewritten: 'why it was rewritten; absent where it was not',
    changed: 'false where the destination had this image under this name already',
    previous: 'the digest that the name had before, if it had one',
    platforms: 'the platforms that were copied',
    leftOut: 'the platforms of the source that were not',
    attestationsLeftOut: 'how many attestation manifests were not copied',
    blobs:
      'how many blobs were `copied`, `mounted` (taken by the registry or the cloud from where it has them), and `present` already',
    bytes: 'how many bytes were `copied`, `mounted` without being read here, and `present` already',
    signatures:
      'how many simple signatures were `copied`, `made` and `leftOut`; absent where there are none; with --dry-run, what would be',
    attachments:
      'what is attached to the image, each as how many `signatures`, `attestations`, `sboms` and `others`: `copied`, `present` already, and ' +
      '`leftOut`, an array with the `subject` at the source that they belong to and that is not at the destination; absent where nothing was looked for',
    seconds: 'how long it took',
    plan:
      'with --dry-run, and something to do: an array of `digest`, `kind`, `size` and `action`, which is `copy`, `convert` (copied, ' +
      'and compressed, unpacked, encrypted or decrypted on the way), `present`, or `left-out`, a foreign layer that the destination does without',
  } satisfies Record<keyof CopyResult, string>,
} as const

type Given<O extends Record<string, OptionSpec>> = { readonly [K in keyof O]: ReturnType<O[K]['read']> }

/** Moves an image, shows how it goes, and prints the result: to stderr where the image itself goes to stdout. */
export async function runTransfer(
  input: Given<typeof transferOptions> & {
    readonly output: 'text' | 'json'
    readonly imageParallelCopies?: number | undefined
  },
  context: CommandContext,
  move: (options: CopyOptions) => Promise<CopyResult>,
): Promise<void> {
  const { dryRun, retryTimes, retryDelay: retryDelaySeconds } = input
  const moving = {
    dryRun,
    jobs: jobsOf(input),
    retryTimes,
    referrers: !input.noReferrers,
    signal: context.signal,
  }
  const progress = input.quiet ? undefined : openProgress(input.progress, context)
  let result: CopyResult
  try {
    result = await move({ ...moving, ...defined({ retryDelaySeconds, onEvent: progress?.onEvent }) })
  } finally {
    progress?.close()
  }
  if (input.digestfile && !dryRun) await writeDigestFile(input.digestfile, result.digest)
  if (input.quiet) return
  const { writesStandardOutput } = await import('../transports/index.ts')
  const output = writesStandardOutput(result.destination) ? context.stderr : context.stdout
  output.write(input.output === 'json' ? `${printableJson(result, 2)}\n` : copyText(result))
}

/** skopeo's 0 leaves the number to the program. */
function jobsOf({
  jobs,
  imageParallelCopies,
}: {
  jobs?: number | undefined
  imageParallelCopies?: number | undefined
}) {
  if (jobs !== undefined && imageParallelCopies !== undefined) {
    throw new LadingError('bad-argument', '--jobs and --image-parallel-copies cannot be given together', {
      hint: 'they are two names of one thing: keep one',
    })
  }
  return jobs ?? (imageParallelCopies || defaultJobs)
}

/** @throws LadingError `bad-argument` where both conditions are given */
export function expectation({ ifAbsent, ifDigest }: Given<typeof conditionOptions>): Pick<CopyOptions, 'expect'> {
  if (ifAbsent && ifDigest !== undefined) {
    throw new LadingError('bad-argument', '--if-absent and --if-digest cannot be given together', {
      hint: 'a tag that is absent stands for no digest: keep one',
    })
  }
  if (ifDigest !== undefined) return { expect: parseDigest(ifDigest) }
  return ifAbsent ? { expect: 'absent' } : {}
}
