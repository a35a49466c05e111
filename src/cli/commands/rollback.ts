import type { RollbackResult } from '../../bucket/index.ts'
import { parseDigest } from '../../model/digest.ts'
import { bucketOptions, bucketOptionsOf } from '../bucket-options.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { argument, flag, text } from '../options.ts'
import { pointedFields, pointedText } from '../pointed-text.ts'
import { printableJson } from '../printable.ts'
import { openProgress } from '../progress/open-progress.ts'

export const rollbackCommand = defineCommand({
  description:
    'No bytes move. Before the tag is moved, everything of the image is looked for: where a clean has removed something of it, the tag ' +
    'stays. The history gets one more entry, so a second rollback undoes the first; --to goes farther back.',
  arguments: { reference: argument('REF', 'The tag, in a bucket.') },
  options: {
    to: text({
      value: 'DIGEST',
      description:
        'What the tag shall hold: a digest, or the beginning of one in its history. Not given: what it held before.',
    }),
    ifDigest: text({ value: 'DIGEST', description: 'Move the tag only if it stands for this digest now.' }),
    force: flag({ description: 'Move a tag that the bucket calls immutable.' }),
    ...bucketOptions,
  },
  examples: [
    { does: 'Undo the last push', line: 'lading rollback local://./images/app:latest' },
    {
      does: 'Go back to what the history shows',
      line: 'lading rollback --to 25109184c71b local://./images/app:latest',
    },
  ],
  json: {
    what: 'One object',
    fields: {
      reference: 'the tag, its name written out',
      ...pointedFields,
    } satisfies Record<keyof RollbackResult, string>,
  },

  async run({ reference, to, ifDigest, force, ...input }, context) {
    const { library, stdout } = context
    const rolled = await library.rollbackTag(reference, {
      ...bucketOptionsOf(input, context),
      ...defined({ to, expect: ifDigest === undefined ? undefined : parseDigest(ifDigest) }),
      force,
      onEvent: openProgress('none', context).onEvent,
    })
    if (input.output === 'json') stdout.write(`${printableJson(rolled, 2)}\n`)
    else stdout.write(pointedText('rolled back', rolled))
  },
})
