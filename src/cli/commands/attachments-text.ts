import type { AttachmentCounts } from '../../copy/index.ts'
import { formatCount } from '../format-count.ts'

/** `3 (2 signatures, 1 SBOM)`; nothing for none. */
export function attachmentsText({ signatures, attestations, sboms, others }: AttachmentCounts): string {
  const all = signatures + attestations + sboms + others
  if (all === 0) return ''
  const kinds = [
    [signatures, 'signature'],
    [attestations, 'attestation'],
    [sboms, 'SBOM'],
    [others, 'other'],
  ] as const
  return `${all} (${kinds
    .filter(([count]) => count > 0)
    .map(([count, word]) => formatCount(count, word))
    .join(', ')})`
}
