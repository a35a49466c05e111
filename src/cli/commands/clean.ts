import type { CleanResult } from '../../bucket/index.ts'
import { cloudOf, cloudOptions } from '../cloud-options.ts'
import { type Command, defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { age, argument, flag, text } from '../options.ts'
import { printableJson } from '../printable.ts'
import { readGivenFile } from '../read-given-file.ts'
import { sharedOptions } from '../shared-options.ts'
import { cleanText } from './clean-text.ts'

export const cleanCommand = cleanCommandWith('7d')

/** @param keepTrash how long what is removed is kept where nobody says it */
export function cleanCommandWith(keepTrash: string): Command {
  return defineCommand({
    description:
      'Says which tags the lifecycle rules of s3lo.yaml let go and which blobs nothing needs any more; with --confirm it removes them. Rules are set ' +
      'with `lading config set`. It is safe while others push into the bucket.\n\n' +
      'A deleted tag goes to the trash, from where `lading restore` brings it back. A blob that nothing needs is condemned: it is there and ' +
      'can be used, and a push that needs it lifts it. A later clean deletes what has been condemned for --keep-trash; with 0 the same run does. The last ' +
      'keep_history entries of a tag keep their blobs.\n\n' +
      'What follows the root of the bucket limits the tags that may go to an image name, a prefix that ends in /, or a glob. Blobs are looked ' +
      'at in the whole bucket.',
    arguments: { bucket: argument('BUCKET', 'The bucket, or a part of it.') },
    options: {
      confirm: flag({ description: 'Do it. Without this nothing is written.' }),
      tags: flag({ description: 'Remove tags alone.' }),
      blobs: flag({ description: 'Remove blobs alone.' }),
      config: text({ value: 'FILE', description: 'Rules to use instead of those in the bucket.' }),
      keepTrash: age({
        value: 'AGE',
        description: 'How long deleted tags and condemned blobs are kept, like 12h or 7d.',
        default: keepTrash,
      }),
      grace: age({ value: 'AGE', description: 'Blobs that are younger are not touched.', default: '1h' }),
      tlsVerify: sharedOptions.tlsVerify,
      output: sharedOptions.output,
      ...cloudOptions,
    },
    examples: [
      { does: 'What would be removed', line: 'lading clean local://./images/' },
      { does: 'Remove it', line: 'lading clean local://./images/ --confirm' },
      {
        does: 'Free the space now, not in seven days',
        line: 'lading clean local://./images/ --confirm --keep-trash 0',
      },
    ],
    json: {
      what: 'One object',
      fields: {
        confirmed: 'whether it was done; else it is what would be done',
        tags: 'checked, removed (image, tag, digest, pushedAt, reason) and immutableImages, whose tags may not go',
        blobs:
          'count and bytes of: stored, removed, condemned (by this run), inTrash (condemned before), waiting (for pushes under way), recent, historyOnly (kept by history alone)',
        leftovers:
          'uploads that were given up (count, bytes), uploadsRefused (why they could not be listed or removed, where it is so), leases that had expired, trashedTags that were removed for good',
        retention: 'what the store keeps of what is deleted: versions, lockedDays, softDeleteDays',
      } satisfies Record<keyof CleanResult, string>,
    },

    async run(input, { library, stdout, stderr, signal }) {
      const {
        bucket,
        confirm,
        tags,
        blobs,
        config,
        keepTrash: keepTrashSeconds,
        grace,
        tlsVerify,
        output,
        ...cloud
      } = input
      const result = await library.cleanBucket(bucket, {
        confirm,
        tags,
        blobs,
        ...(config === undefined ? {} : { config: await readGivenFile(config, 'read rules') }),
        keepTrashSeconds,
        graceSeconds: grace,
        ...defined({ tlsVerify }),
        cloud: cloudOf(cloud),
        ...(stderr.isTTY ? { onPhase: phase => stderr.write(`${phases[phase]}\n`) } : {}),
        signal,
      })
      stdout.write(output === 'json' ? `${printableJson(result, 2)}\n` : cleanText(result))
    },
  })
}

const phases = {
  tags: 'Looking for tags that may go…',
  mark: 'Looking for what is needed…',
  sweep: 'Listing the blobs…',
  recheck: 'Looking for pushes that came meanwhile…',
  delete: 'Removing…',
} as const
