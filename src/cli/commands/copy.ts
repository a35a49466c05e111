import type { CopyOptions, CopyResult } from '../../copy/index.ts'
import { LadingError } from '../../errors/index.ts'
import { parseDigest } from '../../model/digest.ts'
import { hostPlatform, type Platform, parsePlatform } from '../../model/platform.ts'
import { cloudOf, cloudOptions, sidedCloudOptions, sidedCloudsOf } from '../cloud-options.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { argument, choice, count, flag, list, text } from '../options.ts'
import { printableJson } from '../printable.ts'
import { openProgress, progressModes } from '../progress/open-progress.ts'
import { sharedOptions } from '../shared-options.ts'
import { writeDigestFile } from '../write-digest-file.ts'
import { copyText } from './copy-text.ts'

const multiArch = ['all', 'system', 'index-only'] as const

export const copyCommand = defineCommand({
  description:
    'Everything that is missing at DST is moved, checked against its digest on the way, and the name is written last: a run ' +
    'that fails or is interrupted leaves what was there before. Run again, it moves only what is still missing.\n\n' +
    'A multi-platform image is copied whole where DST can hold it. --platform, --all and --multi-arch say otherwise.',
  arguments: {
    source: argument('SRC', 'The image to read.'),
    destination: argument('DST', 'Where to write it, and under which name.'),
  },
  options: {
    platform: list(
      {
        value: 'OS/ARCH[/VARIANT]',
        description:
          'Copy this platform alone; give it again, or with commas, for several. The image gets a new digest, which is told.',
      },
      parsePlatform,
    ),
    all: flag({
      short: 'a',
      description: 'Copy all platforms: what happens anyway where DST can hold them.',
    }),
    multiArch: choice(multiArch, {
      default: undefined,
      description:
        "What to copy of a multi-platform image: all of it, or this system's platform. index-only cannot be done yet.",
    }),
    force: flag({ description: 'Move a tag that the bucket calls immutable.' }),
    ifAbsent: flag({
      description:
        'Write the tag only if there is none. Of several that try at once with images of their own, one does; whoever finds ' +
        'its own image there is told that nothing changed.',
    }),
    ifDigest: text({ value: 'DIGEST', description: 'Write the tag only if it stands for this digest now.' }),
    dryRun: flag({ description: 'Show what would be copied, and write nothing.' }),
    jobs: count({ value: 'N', default: 10, description: 'How many large blobs are moved at a time.' }),
    digestfile: text({
      value: 'PATH',
      description:
        'After the copy, write the digest of the image at DST to this file, and nothing else, not even a newline.',
    }),
    quiet: flag({ short: 'q', description: 'Print nothing but errors.' }),
    progress: choice(progressModes, {
      default: 'auto',
      description:
        'The form of the progress on stderr: auto is a live display on a terminal, and plain elsewhere; plain is a line every ' +
        'few seconds; json is one object a line for each event.',
    }),
    createRepository: flag({
      description: 'Make the repository at DST where ECR has none of that name. Other registries do so by themselves.',
    }),
    ...sharedOptions,
    ...cloudOptions,
    ...sidedCloudOptions,
  },
  examples: [
    { does: 'From Docker Hub into a bucket on disk', line: 'lading copy alpine local://./images/alpine:latest' },
    {
      does: 'Two platforms of it',
      line: 'lading copy --platform linux/amd64,linux/arm64 alpine local://./images/alpine:small',
    },
    { does: 'From a bucket to a registry', line: 'lading copy local://./images/app:v1 ghcr.io/org/app:v1' },
    {
      does: 'From a registry into a bucket that Ceph, MinIO or R2 keeps',
      line: 'lading copy --endpoint https://s3.example.com ghcr.io/org/app:v1 s3://images/app:v1',
    },
    { does: 'See what would move', line: 'lading copy --dry-run oci:./layout:v1 registry.example.com/app:v1' },
  ],
  json: {
    what: 'One object',
    fields: {
      source: 'the image that was read',
      destination: 'where it was written',
      digest: 'the digest of the image at the destination',
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
      seconds: 'how long it took',
      plan: 'with --dry-run, and something to do: an array of `digest`, `kind`, `size` and `action`, which is `copy` or `present`',
    } satisfies Record<keyof CopyResult, string>,
  },

  async run(input, context) {
    const chosen = selection(input)
    const progress = input.quiet ? undefined : openProgress(input.progress, context)
    let result: CopyResult
    try {
      result = await context.library.copyImage(input.source, input.destination, {
        ...chosen,
        cloud: cloudOf(input),
        ...sidedCloudsOf(input),
        createRepository: input.createRepository,
        ...defined({ authFile: input.authfile, tlsVerify: input.tlsVerify, onEvent: progress?.onEvent }),
        force: input.force,
        ...expectation(input),
        dryRun: input.dryRun,
        jobs: input.jobs,
        signal: context.signal,
      })
    } finally {
      progress?.close()
    }
    if (input.digestfile !== undefined && !input.dryRun) await writeDigestFile(input.digestfile, result.digest)
    if (input.quiet) return
    context.stdout.write(input.output === 'json' ? `${printableJson(result, 2)}\n` : copyText(result))
  },
})

interface Choice {
  readonly platform: readonly Platform[]
  readonly all: boolean
  readonly multiArch: (typeof multiArch)[number] | undefined
}

/** One way of saying which platforms, never two: skopeo's precedence among them is nothing that a user can see. */
function selection({ platform, all, multiArch }: Choice): Pick<CopyOptions, 'platforms'> {
  const given = [
    platform.length > 0 ? '--platform' : undefined,
    all ? '--all' : undefined,
    multiArch === undefined ? undefined : '--multi-arch',
  ].filter(one => one !== undefined)
  if (given.length > 1) {
    throw new LadingError('bad-argument', `${given.join(' and ')} cannot be given together`, {
      hint: 'each of them says which platforms are copied: keep one',
    })
  }
  if (multiArch === 'index-only') {
    throw new LadingError('unsupported', '--multi-arch index-only cannot be done yet', {
      hint: '--multi-arch all copies the index and its platforms, --platform some of them',
    })
  }
  if (multiArch === 'system') return { platforms: [hostPlatform()] }
  // an empty list is everything, which is what --all and --multi-arch all say
  return { platforms: platform }
}

function expectation({
  ifAbsent,
  ifDigest,
}: {
  ifAbsent: boolean
  ifDigest: string | undefined
}): Pick<CopyOptions, 'expect'> {
  if (ifAbsent && ifDigest !== undefined) {
    throw new LadingError('bad-argument', '--if-absent and --if-digest cannot be given together', {
      hint: 'a tag that is absent stands for no digest: keep one',
    })
  }
  if (ifDigest !== undefined) return { expect: parseDigest(ifDigest) }
  return ifAbsent ? { expect: 'absent' } : {}
}
