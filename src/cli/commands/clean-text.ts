import type { CleanResult } from '../../bucket/index.ts'
import { shortDigest } from '../../model/digest.ts'
import { formatCount } from '../format-count.ts'
import { formatSize } from '../format-size.ts'
import { printable } from '../printable.ts'

type Tally = CleanResult['leftovers']['uploads']

/** The plan, or what was done, for people. */
export function cleanText(result: CleanResult): string {
  const { confirmed, tags, blobs, leftovers } = result
  const lines = tags.removed.map(
    ({ image, tag, digest, pushedAt, reason }) =>
      `${printable(`${image}:${tag}`)}  ${shortDigest(digest)}  ${pushedAt.toISOString().slice(0, 10)}  ${reason}`,
  )
  if (lines.length > 0) lines.push('')
  const done = (what: string) => (confirmed ? what : `would be ${what}`)
  lines.push(`Tags:   ${tags.removed.length} ${done('deleted')}, of ${tags.checked} that rules apply to`)
  if (tags.immutableImages > 0) {
    lines.push(`        ${formatCount(tags.immutableImages, 'image')} with rules not looked at: immutable`)
  }
  if (blobs !== undefined) {
    lines.push(`Blobs:  ${told(blobs.removed)} ${done('deleted')}, of ${told(blobs.stored)}`)
    const rest: readonly (readonly [Tally, string])[] = [
      [blobs.condemned, `${done('condemned')}: nothing needs them`],
      [blobs.inTrash, 'condemned before, and kept for now'],
      [blobs.waiting, 'wait for pushes that are under way: clean again later'],
      [blobs.recent, 'are needed by nothing, but so new that a push may be bringing them'],
      [blobs.historyOnly, 'are kept by history alone (keep_history)'],
    ]
    for (const [tally, what] of rest) if (tally.count > 0) lines.push(`        ${told(tally)} ${what}`)
  }
  if (leftovers.uploads.count > 0) lines.push(`Uploads given up: ${told(leftovers.uploads)} ${done('removed')}`)
  if (leftovers.uploadsRefused !== undefined) {
    lines.push(
      `Note: uploads that were given up ${confirmed ? 'stay' : 'are not counted'}: ${printable(leftovers.uploadsRefused)}`,
    )
  }
  if (leftovers.trashedTags > 0) {
    lines.push(`Trash:  ${formatCount(leftovers.trashedTags, 'tag')} ${done('removed for good')}`)
  }
  lines.push(...retentionLines(result))
  if (!confirmed) lines.push('', 'Nothing was changed. Run it again with --confirm to do this.')
  return `${lines.join('\n')}\n`
}

/** What a deletion does not free. */
function retentionLines({ retention }: CleanResult): string[] {
  if (retention === undefined) return []
  const { versions, lockedDays, softDeleteDays } = retention
  return [
    ...(versions === 'on'
      ? ['Note: the bucket keeps versions, so what is deleted is paid for until its versions expire.']
      : []),
    ...(versions === 'suspended'
      ? ['Note: the bucket has kept versions once: what was written then is paid for until its versions expire.']
      : []),
    ...(lockedDays ? [`Note: the bucket is locked: nothing is freed before it is ${lockedDays} days old.`] : []),
    ...(softDeleteDays
      ? [`Note: what is deleted can be brought back, and is paid for, for ${softDeleteDays} days.`]
      : []),
  ]
}

function told({ count, bytes }: Tally): string {
  return `${count} (${formatSize(bytes)})`
}
