import type { BlobTable } from './blob-table.ts'
import type { DoctorCheck, DoctorReport } from './doctor-report.ts'

/** What nobody names. */
export function orphansFinding(
  { blobs, bytes, old }: BlobTable['unnamed'],
  unknown: number,
  nameless = 0,
): DoctorCheck {
  const counts = { blobs, bytes, old }
  if (blobs === 0) return { name: 'orphans', state: 'ok', message: 'something names every blob', counts }
  const owners = [
    ...(unknown === 0 ? [] : [`${unknown} manifests that cannot be read`]),
    ...(nameless === 0 ? [] : [`${nameless} manifests under a name that can be no tag, for which clean keeps them`]),
  ]
  const doubt = owners.length === 0 ? '' : `; some may belong to ${owners.join(' and ')}`
  return {
    name: 'orphans',
    state: 'note',
    message: `${blobs} blobs that nothing names, ${old} of them older than an hour${doubt}`,
    ...(old === 0 ? {} : { hint: '`lading clean` removes them' }),
    counts,
  }
}

/** What was read. `tags` need something of what is damaged; what no tag needs is no damage to one. */
export function contentFinding(verified: NonNullable<DoctorReport['verified']>, tags: number): DoctorCheck {
  const { blobs, damaged } = verified
  const counts = { ...verified, tags }
  if (damaged === 0)
    return { name: 'content', state: 'ok', message: `${blobs} blobs are what their digests say`, counts }
  return {
    name: 'content',
    state: tags > 0 ? 'failed' : 'warning',
    message: `${damaged} of ${blobs} blobs are damaged; ${tags === 0 ? 'no tag needs any of' : `tags need some of`} them`,
    counts,
  }
}
