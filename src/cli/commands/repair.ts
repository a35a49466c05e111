import type { RepairResult } from '../../bucket/index.ts'
import { LadingError } from '../../errors/index.ts'
import { cloudOf, cloudOptions, sidedCloudOptions, sidedCloudsOf } from '../cloud-options.ts'
import { defineCommand } from '../command.ts'
import { argument, choice, count, flag } from '../options.ts'
import { printableJson } from '../printable.ts'
import { openProgress, progressModes } from '../progress/open-progress.ts'
import { serverOf } from '../read-server-options.ts'
import { serverOptions } from '../server-options.ts'
import { sharedOptions } from '../shared-options.ts'
import { repairText } from './repair-text.ts'

export const repairCommand = defineCommand({
  description:
    'Every layer, configuration and platform manifest that an image lacks, or that is there with another size, is fetched by its digest from ' +
    'the first source that has it, checked, and stored. With --verify everything that is there is read too, and what has other bytes than its ' +
    'digest says is replaced. No tag moves: what a tag stands for in a source does not matter.\n\n' +
    'TARGET is an image, or a bucket, with an image name, a prefix or a glob behind it: then every image of it that is incomplete. A source ' +
    'is an image of any transport of which single blobs can be read. One that ends in /, and a bucket without a tag, is a prefix: each image ' +
    'is looked for behind it by its name and tag.\n\n' +
    'Exit codes: 0 where everything is complete afterwards, 1 where something is missing that no source has.',
  arguments: { target: argument('TARGET', 'The image, the bucket, or a part of it.') },
  options: {
    // not split at commas, which a path may hold
    from: {
      value: 'SOURCE',
      description: 'Where to look for what is missing. Given again: the next place to look.',
      read: (words: readonly string[]) => words,
    },
    verify: flag({ description: 'Read every blob that is there, and replace the damaged ones.' }),
    jobs: count({ value: 'N', default: 10, description: 'How many blobs are moved, or read, at a time.' }),
    quiet: flag({ short: 'q', description: 'Print nothing but errors.' }),
    progress: choice(progressModes, {
      default: 'auto',
      description: 'The form of the progress on stderr, as for `lading copy`.',
    }),
    ...serverOptions,
    output: sharedOptions.output,
    ...cloudOptions,
    ...sidedCloudOptions,
  },
  examples: [
    {
      does: 'One image, from the registry that it came from',
      line: 'lading repair s3://images/app:v1 --from registry.example.com/app:v1',
    },
    {
      does: 'A whole bucket, from its copy and then from a mirror',
      line: 'lading repair local://./images/ --from s3://images-copy/ --from registry.example.com/mirror/',
    },
  ],
  json: {
    what: 'One object',
    fields: {
      bucket: 'TARGET',
      complete: 'whether nothing is missing any more',
      tags: 'how many were `checked`, how many were `repaired`, and how many are `incomplete` still',
      pieces: 'how many blobs and manifests were fetched',
      bytes: 'how many bytes they have',
      repaired:
        'the first thousand of them: `image`, `tag`, `digest`, `kind`, `size`, `platform`, and `from`, the source',
      missing:
        'what no source has, the first thousand: `image`, `tag`, `digest`, `kind`, `size`, `platform`, and `why`',
      seconds: 'how long it took',
    } satisfies Record<keyof RepairResult, string>,
  },

  async run(input, context) {
    const { target, from, verify, jobs, output, quiet } = input
    if (from.length === 0) {
      throw new LadingError('bad-argument', '--from is missing', { hint: 'name where the images still are' })
    }
    const progress = openProgress(quiet ? 'none' : input.progress, context)
    let result: RepairResult
    try {
      result = await context.library.repairBucket(target, {
        from,
        verify,
        jobs,
        sourceServer: serverOf(input),
        cloud: cloudOf(input),
        ...sidedCloudsOf(input),
        onEvent: progress.onEvent,
        signal: context.signal,
      })
    } finally {
      progress.close()
    }
    if (!quiet) context.stdout.write(output === 'json' ? `${printableJson(result, 2)}\n` : repairText(result))
    if (result.complete) return
    const { incomplete, checked } = result.tags
    throw new LadingError(
      'unhealthy',
      `${incomplete} of ${checked} images are still incomplete: no source has what they lack`,
      {
        operation: 'repair',
        subject: target,
        hint: 'name another source with --from; what was fetched stays',
      },
    )
  },
})
