import type { TagResult } from '../../bucket/index.ts'
import { bucketOptions, bucketOptionsOf } from '../bucket-options.ts'
import { defineCommand } from '../command.ts'
import { argument, flag } from '../options.ts'
import { pointedFields, pointedText } from '../pointed-text.ts'
import { printableJson } from '../printable.ts'
import { openProgress } from '../progress/open-progress.ts'
import { conditionOptions, expectation } from '../transfer.ts'

export const tagCommand = defineCommand({
  description:
    'No bytes move. Everything of the image is looked for before the tag is written. Elsewhere than in one bucket `lading copy` does it, and ' +
    'moves no blob that is there.',
  arguments: {
    source: argument('SRC', 'The image, in a bucket: by a tag or by a digest.'),
    name: argument('NEW', 'The tag, like v2: of the same image. IMAGE:TAG is another image of the bucket.'),
  },
  options: {
    force: flag({ description: 'Move a tag that the bucket calls immutable.' }),
    ...conditionOptions,
    ...bucketOptions,
  },
  examples: [
    { does: 'Call a build stable', line: 'lading tag local://./images/app:v2 stable' },
    {
      does: 'Under another name, unless it is taken',
      line: 'lading tag --if-absent s3://images/dev/app:v2 prod/app:v2',
    },
  ],
  json: {
    what: 'One object',
    fields: {
      source: 'the image, its name written out',
      reference: 'the tag, its name written out',
      ...pointedFields,
    } satisfies Record<keyof TagResult, string>,
  },

  async run({ source, name, force, ifAbsent, ifDigest, ...input }, context) {
    const { library, stdout } = context
    const tagged = await library.tagImage(source, name, {
      ...bucketOptionsOf(input, context),
      ...expectation({ ifAbsent, ifDigest }),
      force,
      onEvent: openProgress('none', context).onEvent,
    })
    if (input.output === 'json') stdout.write(`${printableJson(tagged, 2)}\n`)
    else stdout.write(pointedText('tagged', tagged))
  },
})
