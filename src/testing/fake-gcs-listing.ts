import { type GcsAnswer, jsonAnswer } from './fake-gcs-answer.ts'
import { type GcsCall, needs } from './fake-gcs-call.ts'
import { selectFields } from './fake-gcs-fields.ts'
import { resourceOf } from './fake-gcs-objects.ts'

const maxPage = 1000

/** `GET /storage/v1/b/BUCKET/o`: objects and folded prefixes in the order of UTF-8, both counted against a page. */
export function listObjects(call: GcsCall, bucketName: string): GcsAnswer {
  const { query } = call
  const bucket = call.bucket(bucketName)
  needs(call, 'storage.objects.list')
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const startOffset = query.get('startOffset') ?? ''
  const endOffset = query.get('endOffset') ?? ''
  const limit = Math.min(maxPage, Number(query.get('maxResults') ?? maxPage) || maxPage)
  const after = Buffer.from(query.get('pageToken') ?? '', 'base64').toString()
  const items: unknown[] = []
  const prefixes: string[] = []
  let last = after
  let more = false
  for (const name of [...bucket.objects.keys()].sort(byUtf8)) {
    if (!name.startsWith(prefix) || byUtf8(name, startOffset) < 0) continue
    if (endOffset !== '' && byUtf8(name, endOffset) >= 0) continue
    const end = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length)
    const folded = end === -1 ? undefined : name.slice(0, end + delimiter.length)
    if (after !== '' && byUtf8(folded ?? name, after) <= 0) continue
    if (folded !== undefined && prefixes.at(-1) === folded) continue
    if (items.length + prefixes.length === limit) {
      more = true
      break
    }
    const object = bucket.objects.get(name)
    if (folded !== undefined) prefixes.push(folded)
    else if (object !== undefined) items.push(resourceOf(call, bucketName, object))
    last = folded ?? name
  }
  const page = {
    kind: 'storage#objects',
    ...(items.length > 0 ? { items } : {}),
    ...(prefixes.length > 0 ? { prefixes } : {}),
    ...(more ? { nextPageToken: Buffer.from(last).toString('base64') } : {}),
  }
  return jsonAnswer(selectFields(page, query.get('fields')))
}

export function byUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
