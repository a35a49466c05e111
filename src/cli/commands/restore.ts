import type { DeletedTag, RestoreResult } from '../../bucket/index.ts'
import { LadingError } from '../../errors/index.ts'
import { parseDigest } from '../../model/digest.ts'
import { bucketOptions, bucketOptionsOf } from '../bucket-options.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { writeJsonArray } from '../json-array.ts'
import { argument, flag, text } from '../options.ts'
import { pointedFields, pointedText } from '../pointed-text.ts'
import { printable, printableJson } from '../printable.ts'
import { openProgress } from '../progress/open-progress.ts'

export const restoreCommand = defineCommand({
  description:
    'The newest deletion of the tag comes back from the trash, with its history and its signatures. Everything of the image is looked for ' +
    'first: where a clean has removed something of it, nothing changes.\n\n' +
    'With --list nothing is restored, and REF is a bucket or a part of it: an image name, a prefix that ends in /, or a glob.',
  arguments: { reference: argument('REF', 'The tag, in a bucket.') },
  options: {
    list: flag({ description: 'Show what is in the trash.' }),
    at: text({
      value: 'TIME',
      description: 'Take the newest deletion at this time or before, like 2026-04-13T13:22:09Z. --list shows them.',
    }),
    digest: text({ value: 'DIGEST', description: 'Take the newest deletion of this digest.' }),
    force: flag({ description: 'Restore over a tag that exists. What it holds now stays in its history.' }),
    ...bucketOptions,
  },
  examples: [
    { does: 'Bring a tag back', line: 'lading restore local://./images/app:v1' },
    { does: 'See what can be brought back', line: 'lading restore --list local://./images/' },
  ],
  json: {
    what: 'One object; with --list an array of objects, of `image`, `tag`, `digest` and `deletedAt`',
    fields: {
      reference: 'the tag, its name written out',
      deletedAt: 'when it was deleted, as RFC 3339 in UTC',
      ...pointedFields,
    } satisfies Record<keyof RestoreResult, string>,
  },

  async run({ reference, list, at, digest, force, ...input }, context) {
    const { library, stdout } = context
    const json = input.output === 'json'
    const reached = bucketOptionsOf(input, context)
    if (list) {
      if (at !== undefined || digest !== undefined || force) throw alone()
      const deleted = library.listDeletedTags(reference, reached)
      if (json) return await writeJsonArray(deleted, stdout)
      for await (const tag of deleted) stdout.write(deletedLine(tag))
      return
    }
    const restored = await library.restoreTag(reference, {
      ...reached,
      ...defined({
        at: at === undefined ? undefined : parseTime(at),
        digest: digest === undefined ? undefined : parseDigest(digest),
      }),
      force,
      onEvent: openProgress('none', context).onEvent,
    })
    if (json) stdout.write(`${printableJson(restored, 2)}\n`)
    else stdout.write(pointedText('restored', restored))
  },
})

/** A time to the millisecond, so that it is one that --at takes. */
function deletedLine({ image, tag, digest, deletedAt }: DeletedTag): string {
  return `${deletedAt.toISOString()}  ${digest}  ${printable(`${image}:${tag}`)}\n`
}

function parseTime(text: string): Date {
  const time = new Date(text)
  // What is not written so, JavaScript reads as it likes.
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(time.getTime()))
    return time
  throw new LadingError('bad-argument', `--at takes a time, not ${JSON.stringify(text)}`, {
    hint: 'write it like 2026-04-13T13:22:09Z',
  })
}

function alone(): LadingError {
  return new LadingError('bad-argument', '--list restores nothing, and takes neither --at nor --digest nor --force')
}
