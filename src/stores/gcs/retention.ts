import * as v from 'valibot'
import type { Retention } from '../object-store.ts'
import type { BucketAddress } from './bucket-address.ts'
import type { GcsClient } from './gcs-client.ts'
import { parseAnswer, parseJson } from './object-resource.ts'

const daySeconds = 24 * 60 * 60

/** Numbers of 64 bits are strings. */
const seconds = v.optional(v.pipe(v.string(), v.transform(Number), v.safeInteger()), '0')

const bucketSchema = v.object({
  versioning: v.optional(v.object({ enabled: v.optional(v.boolean(), false) })),
  retentionPolicy: v.optional(v.object({ retentionPeriod: seconds })),
  softDeletePolicy: v.optional(v.object({ retentionDurationSeconds: seconds })),
})

/** What the bucket's own settings say, which only a role with `storage.buckets.get` may read. */
export async function readRetention(
  client: GcsClient,
  address: BucketAddress,
  signal: AbortSignal | undefined,
): Promise<Retention> {
  const url = address.settings({ fields: 'versioning,retentionPolicy,softDeletePolicy' })
  const answer = await client.ask({ method: 'GET', url, signal })
  if (answer.status === 401 || answer.status === 403) {
    await answer.discard()
    return { versions: undefined, lockedDays: undefined, softDeleteDays: undefined }
  }
  const text = await client.text(answer)
  const { versioning, retentionPolicy, softDeletePolicy } = parseAnswer(bucketSchema, parseJson(text))
  return {
    versions: versioning?.enabled ? 'on' : 'off',
    lockedDays: (retentionPolicy?.retentionPeriod ?? 0) / daySeconds,
    softDeleteDays: (softDeletePolicy?.retentionDurationSeconds ?? 0) / daySeconds,
  }
}
