import * as v from 'valibot'
import { createPageCheck } from '../ending-listing.ts'
import { compareKeys } from '../key-order.ts'
import type { ListEntry, ListOptions } from '../object-store.ts'
import type { BucketAddress } from './bucket-address.ts'
import type { GcsClient } from './gcs-client.ts'
import { infoOf, parseAnswer, parseJson, parseResource, resourceFields } from './object-resource.ts'

const pageSchema = v.object({
  items: v.optional(v.array(v.unknown()), []),
  prefixes: v.optional(v.array(v.string()), []),
  nextPageToken: v.optional(v.string()),
})

/** The least character that a key may hold: with it behind it, a key is followed by no other before. */
const leastCharacter = ' '

export async function* listObjects(
  client: GcsClient,
  address: BucketAddress,
  prefix: string,
  { delimiter, startAfter, signal }: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  const checkPage = createPageCheck()
  let pageToken: string | undefined
  do {
    const url = address.objects({
      prefix: address.prefix + prefix,
      delimiter,
      // Google's offset is inclusive.
      startOffset: startAfter === undefined ? undefined : address.prefix + startAfter + leastCharacter,
      maxResults: '1000',
      pageToken,
      fields: `items(${resourceFields.replace(',metadata', '')}),prefixes,nextPageToken`,
    })
    const answer = await client.ask({ method: 'GET', url, signal })
    const page = parseAnswer(pageSchema, parseJson(await client.text(answer)))
    const entries = entriesOf(page, address.prefix)
    yield* entries
    checkPage(entries.length)
    pageToken = page.nextPageToken
  } while (pageToken !== undefined)
}

/** Objects and folded prefixes come apart, each in order. */
function entriesOf({ items, prefixes }: v.InferOutput<typeof pageSchema>, root: string): ListEntry[] {
  const entries: [string, ListEntry][] = prefixes.map(prefix => {
    const key = prefix.slice(root.length)
    return [key, { kind: 'prefix', prefix: key }]
  })
  for (const item of items) {
    const resource = parseResource(item)
    const key = resource.name.slice(root.length)
    // What the console and gcsfuse make to show an empty folder is no object of ours: no key ends with a slash.
    if (key !== '' && !key.endsWith('/')) entries.push([key, { kind: 'object', info: infoOf(resource, key) }])
  }
  return entries.sort(([a], [b]) => compareKeys(a, b)).map(([, entry]) => entry)
}
