import type { StatsResult } from '../../bucket/index.ts'
import { cloudOf, cloudOptions } from '../cloud-options.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { argument, choice, count, flag, text } from '../options.ts'
import { printableJson, printableLines } from '../printable.ts'
import { readGivenFile } from '../read-given-file.ts'
import { sharedOptions } from '../shared-options.ts'
import { statsText } from './stats-text.ts'

export const statsCommand = defineCommand({
  description:
    'Counts images, tags and blobs, what they share, what they cost by the month and in a registry, and what a clean would free. ' +
    'Every manifest is read, and nothing is written.\n\n' +
    'What follows the root of the bucket is an image name, a prefix that ends in /, or a glob: of which images there is a line, and whose layers are ' +
    'looked at. All other numbers are those of the whole bucket.',
  arguments: { bucket: argument('BUCKET', 'The bucket, or a part of it.') },
  options: {
    layers: flag({ description: 'Show the layers too, the most shared first. Every manifest is read twice then.' }),
    limit: count({ value: 'N', description: 'Show so many images and layers.', default: 50 }),
    prices: text({ value: 'FILE', description: 'What this bucket costs, as JSON. Not given: public prices.' }),
    tlsVerify: sharedOptions.tlsVerify,
    output: choice(['text', 'json', 'yaml'], {
      default: 'text',
      description: 'The form of the result on stdout. With json, an error is one JSON object on stderr too.',
    }),
    ...cloudOptions,
  },
  examples: [
    { does: 'What a bucket holds and costs', line: 'lading stats local://./images/' },
    { does: 'Which layers are shared most', line: 'lading stats local://./images/ --layers --limit 10' },
    { does: 'The bytes that sharing saves', line: 'lading stats local://./images/ --output json | jq .savedBytes' },
  ],
  json: {
    what: 'One object; a tally is an object of count and bytes, and money is in cost.currency by the month',
    fields: {
      bucket: 'the bucket',
      images: 'how many images',
      tags: 'how many tags, without attachments',
      attachments: 'how many signatures and the like, that a tag like sha256-<hex>.sig or a referrer attaches',
      incompleteTags: 'how many tags lack something; `lading doctor` says what',
      stored: 'a tally of everything in the bucket',
      objects: 'a tally each of: blobs, tags, trash, chunks, recipes and indexes (of s3lo 2), other',
      blobs:
        'a tally each of: stored, and of these needed (by tags), historyOnly, condemned (by a clean), unneeded (by anything)',
      missing: 'a tally of what tags name and the bucket does not hold',
      logicalBytes: 'the image of every tag whole, each blob once for a tag',
      uniqueBytes: 'the same, each blob once',
      savedBytes: 'the difference: what sharing saves',
      savedPercent: 'of logicalBytes',
      storageClasses:
        'an array of storageClass, count, bytes, monthly where there is a price, lowestMonthly where objects may lie in cheaper tiers',
      cost:
        'currency, pricesOf (a date), service, monthly, lowestMonthly, unpricedBytes, registry (name, monthly, bytes, uncompressedBytes), ' +
        'fill (requests and cost of writing all needed blobs into an empty bucket)',
      clean:
        'what would be freed: tags (how many go), all (a tally), blobs (a tally, by clean --blobs), recent (a tally, left for now), allMonthly, ' +
        'blobsMonthly, refused (why nothing would be)',
      byImage:
        'an array of image, tags, attachments, logicalBytes, ownBytes (what would go with it), sharedBytes (what others keep too)',
      imagesLeftOut: 'how many images are beyond the limit',
      layers:
        'with --layers: layers (an array of digest, bytes, tags, and names, the first ten), leftOut, unique (a tally), logicalBytes',
      retention: 'what the store keeps of what is deleted: versions, lockedDays, softDeleteDays',
    } satisfies Record<keyof StatsResult, string>,
  },

  async run({ bucket, layers, limit, prices, tlsVerify, output, ...cloud }, { library, stdout, signal }) {
    const stats = await library.bucketStats(bucket, {
      layers,
      limit,
      ...(prices === undefined ? {} : { prices: await readGivenFile(prices, 'read prices') }),
      ...defined({ tlsVerify }),
      cloud: cloudOf(cloud),
      signal,
    })
    if (output === 'json') stdout.write(`${printableJson(stats, 2)}\n`)
    else if (output === 'yaml') stdout.write(printableLines((await import('yaml')).stringify(stats, { lineWidth: 0 })))
    else stdout.write(statsText(stats))
  },
})
