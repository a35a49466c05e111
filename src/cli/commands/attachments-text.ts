import type { AttachmentCounts } from '../../copy/index.ts'
import { formatCount } from '../format-count.ts'

const words = [
  ['signatures', 'signature'],
  ['attestations', 'attestation'],
  ['sboms', 'SBOM'],
  ['others', 'other'],
] as const

/** `2 signatures, 1 SBOM`; nothing for none. */
export function kindsText(counts: AttachmentCounts): string {
  return words
    .filter(([kind]) => counts[kind] > 0)
    .map(([kind, word]) => formatCount(counts[kind], word))
    .join(', ')
}

/** `3 (2 signatures, 1 SBOM)`; nothing for none. */
export function attachmentsText(counts: AttachmentCounts): string {
  const all = words.reduce((sum, [kind]) => sum + counts[kind], 0)
  return all === 0 ? '' : `${all} (${kindsText(counts)})`
}

/** All of several together. */
export function sumOfCounts(all: readonly AttachmentCounts[]): AttachmentCounts {
  const sum = (kind: keyof AttachmentCounts) => all.reduce((total, counts) => total + counts[kind], 0)
  return {
    signatures: sum('signatures'),
    attestations: sum('attestations'),
    sboms: sum('sboms'),
    others: sum('others'),
  }
}
