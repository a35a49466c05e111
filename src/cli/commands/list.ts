import { shortDigest } from '../../model/digest.ts'
import { cloudOf, cloudOptions } from '../cloud-options.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { formatSize } from '../format-size.ts'
import { writeJsonArray } from '../json-array.ts'
import type { Library } from '../library.ts'
import { argument, flag } from '../options.ts'
import { printable } from '../printable.ts'
import { sharedOptions } from '../shared-options.ts'

type Images = ReturnType<Library['listImages']>
type Image = Images extends AsyncIterable<infer T> ? T : never

export const listCommand = defineCommand({
  description:
    'Prints one image:tag a line and nothing else, without reading a manifest. A bucket without images prints nothing. ' +
    'What follows the root of the bucket is an image name, a prefix that ends in /, or a glob.',
  arguments: { bucket: argument('BUCKET', 'The bucket, or a part of it.') },
  options: {
    long: flag({ short: 'l', description: 'Put digest, size and time of the push before each name.' }),
    attached: flag({
      description: 'Print the tags of what is attached to images too: signatures and the like, under sha256-<hex>….',
    }),
    tlsVerify: sharedOptions.tlsVerify,
    output: sharedOptions.output,
    ...cloudOptions,
  },
  examples: [
    { does: 'Everything in a bucket', line: 'lading list local://./images/' },
    { does: 'The images below a name, with digest and size', line: "lading list --long 'local://./images/team/*'" },
    { does: 'For a script', line: "lading list --output json local://./images/ | jq -r '.[].digest'" },
  ],
  json: {
    what: 'An array of objects, and [] where there is no image',
    fields: {
      image: 'the name of the image',
      tag: 'its tag',
      digest: 'the digest that the tag stands for',
      sizeBytes: 'the bytes of all its blobs, if the bucket knows them',
      pushedAt: 'when the tag was written, as RFC 3339 in UTC',
    } satisfies Record<keyof Image, string>,
  },

  async run({ bucket, long, attached, output, tlsVerify, ...cloud }, { library, stdout, signal }) {
    const json = output === 'json'
    const images = library.listImages(bucket, {
      details: long || json,
      attachments: attached,
      cloud: cloudOf(cloud),
      ...defined({ tlsVerify }),
      signal,
    })
    if (json) return await writeJsonArray(images, stdout)
    for await (const image of images) stdout.write(long ? longLine(image) : `${nameOf(image)}\n`)
  },
})

function nameOf({ image, tag }: Image): string {
  return printable(`${image}:${tag}`)
}

/** Columns of a fixed width come first, so that a bucket of any size is printed as it is listed. */
function longLine(image: Image): string {
  const digest = image.digest === undefined ? '-' : shortDigest(image.digest)
  const size = image.sizeBytes === undefined ? '-' : formatSize(image.sizeBytes)
  const pushedAt = image.pushedAt === undefined ? '-' : `${image.pushedAt.toISOString().slice(0, 19)}Z`
  return `${digest.padEnd(19)}  ${size.padStart(7)}  ${pushedAt.padEnd(20)}  ${nameOf(image)}\n`
}
