import type { TagHistory, TagPush } from '../../bucket/index.ts'
import { bucketOptions, bucketOptionsOf } from '../bucket-options.ts'
import { defineCommand } from '../command.ts'
import { formatSize } from '../format-size.ts'
import { argument } from '../options.ts'
import { printable, printableJson } from '../printable.ts'

export const historyCommand = defineCommand({
  description:
    'The newest push comes first; the one with a * is what the tag holds now. An image that was pushed without leaving an entry has the ' +
    'time of its object. What an older push brought is there as long as a tag or the history keeps it: `lading rollback` looks.',
  arguments: { reference: argument('REF', 'The tag, in a bucket.') },
  options: bucketOptions,
  examples: [
    { does: 'What was pushed, and when', line: 'lading history local://./images/app:latest' },
    {
      does: 'For a script',
      line: "lading history --output json local://./images/app:latest | jq -r '.pushes[].digest'",
    },
  ],
  json: {
    what: 'One object',
    fields: {
      reference: 'the tag, its name written out',
      digest: 'what the tag holds now',
      pushes:
        'the newest first: `pushedAt`, as RFC 3339 in UTC, `digest`, `sizeBytes`, the bytes of all its blobs where they were counted, and ' +
        '`current`, whether the tag holds it now',
    } satisfies Record<keyof TagHistory, string>,
  },

  async run({ reference, ...input }, { library, stdout, signal }) {
    const history = await library.tagHistory(reference, bucketOptionsOf(input, { signal }))
    if (input.output === 'json') stdout.write(`${printableJson(history, 2)}\n`)
    else stdout.write(`${printable(history.reference)}\n${history.pushes.map(pushLine).join('')}`)
  },
})

function pushLine({ pushedAt, digest, sizeBytes, current }: TagPush): string {
  const time = `${pushedAt.toISOString().slice(0, 19)}Z`
  const size = sizeBytes === undefined ? '-' : formatSize(sizeBytes)
  return `${current ? '*' : ' '} ${time}  ${size.padStart(7)}  ${digest}\n`
}
