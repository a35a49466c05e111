import { attachedTo, parseReferrerKey, parseTagKey, referrersPrefix, tagsPrefix } from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import type { BucketManifests } from '../bucket-manifests.ts'
import { createDigestTable } from '../digest-table.ts'
import type { ImagePattern } from '../image-pattern.ts'
import type { BlobTable } from './blob-table.ts'
import type { DoctorCheck } from './doctor-report.ts'
import { judgeImage } from './judge-image.ts'
import { type Found, find, nothingFound } from './walk-tag-folders.ts'

export interface ReferrerOptions {
  readonly store: ObjectStore
  readonly pattern: ImagePattern
  readonly manifests: BucketManifests
  readonly table: BlobTable
  readonly signal: AbortSignal
}

/** Looks at what is about other manifests, once everything else has been looked at: a tag by its name, and what was pushed without one. */
export async function checkReferrers(options: ReferrerOptions, taggedReferrers: number): Promise<DoctorCheck> {
  const { named, incomplete } = await followReferrers(options)
  const lost = taggedReferrers === 0 ? nothingFound() : await findLost(options)
  const all = named + taggedReferrers
  const counts = { referrers: all, lost: lost.count, incomplete: incomplete.count }
  const names = [...lost.names, ...incomplete.names]
  const said = [
    ...(lost.count === 0 ? [] : [`${lost.count} are about manifests that are not there`]),
    ...(incomplete.count === 0 ? [] : [`${incomplete.count} are not whole`]),
  ]
  if (said.length === 0) {
    return { name: 'referrers', state: 'ok', message: `${all} manifests and tags are about other manifests`, counts }
  }
  const state = incomplete.count > 0 ? 'warning' : 'note'
  return {
    name: 'referrers',
    state,
    message: `of ${all} signatures and other referrers ${said.join(', ')}`,
    counts,
    names,
  }
}

/** What refers to something that is known is needed, and what refers to that: until nothing more is found. */
async function followReferrers({ store, manifests, table, signal }: ReferrerOptions) {
  const followed = createDigestTable()
  const incomplete = nothingFound()
  for (let before = -1; before < followed.size; ) {
    before = followed.size
    for await (const entry of store.list(referrersPrefix, { signal })) {
      const known = entry.kind === 'object' ? parseReferrerKey(entry.info.key) : undefined
      if (known === undefined || !table.isKnown(known.subject) || followed.flags(known.referrer) !== 0) continue
      followed.add(known.referrer, 1)
      if (!(await isWhole(known.referrer))) find(incomplete, known.referrer)
    }
  }
  return { named: followed.size, incomplete }

  async function isWhole(digest: Digest): Promise<boolean> {
    table.name(digest)
    const read = await manifests.read({ kind: 'manifest', mediaType: '', digest, size: 0 }, signal)
    if (read.manifest === undefined) return false
    return (await judgeImage(read.manifest, manifests, table, signal)).flaws.length === 0
  }
}

/** The tags whose subject nobody knows. Only names are listed. */
async function findLost({ store, pattern: { start, matches }, table, signal }: ReferrerOptions): Promise<Found> {
  const lost = nothingFound()
  for await (const entry of store.list(tagsPrefix(start), { signal })) {
    const name = entry.kind === 'object' ? parseTagKey(entry.info.key) : undefined
    const subject = name === undefined ? undefined : attachedTo(name.tag)
    if (name === undefined || subject === undefined || !matches(name.image)) continue
    if (!table.isKnown(subject)) find(lost, `${name.image}:${name.tag}`)
  }
  return lost
}
