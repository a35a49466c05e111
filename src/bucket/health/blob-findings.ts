import type { BlobTable } from './blob-table.ts'
import type { DoctorCheck, DoctorReport } from './doctor-report.ts'

/** What nobody names. */
export function orphansFinding({ blobs, bytes, old }: BlobTable['unnamed'], unknown: number): DoctorCheck {
  const counts = { blobs, bytes, old }
  if (blobs === 0) return { name: 'orphans', state: 'ok', message: 'something names every blob', counts }
  const doubt = unknown === 0 ? '' : `; some may belong to ${unknown} manifests that cannot be read`
  return {
    name: 'orphans',
    state: 'note',
    message: `${blobs} blobs that nothing names, ${old} of them older than an hour${doubt}`,
    ...(old === 0 ? {} : { hint: '`lading clean` removes them' }),
    counts,
  }
}

/** What was read. What no image needs is no damage to one. */
export function contentFinding(
  { blobs, named }: BlobTable['damaged'],
  verified: NonNullable<DoctorReport['verified']>,
): DoctorCheck {
  const counts = { ...verified, named }
  if (blobs === 0)
    return { name: 'content', state: 'ok', message: `${verified.blobs} blobs are what their digests say`, counts }
  return {
    name: 'content',
    state: named > 0 ? 'failed' : 'warning',
    message: `${blobs} of ${verified.blobs} blobs are damaged, and images need ${named} of them`,
    ...(named > 0 ? {} : { hint: '`lading clean` removes them' }),
    counts,
  }
}
