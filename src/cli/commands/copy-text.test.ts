import { expect, test } from 'vitest'
import { copied, digestOfLetter } from '../../../test/cli/images.ts'
import type { AttachmentCounts, CopyResult } from '../../copy/index.ts'
import { ociIndex, ociManifest } from '../../model/media-types.ts'
import { copyText } from './copy-text.ts'

const none: AttachmentCounts = { signatures: 0, attestations: 0, sboms: 0, others: 0 }
const [a, b] = [digestOfLetter('a'), digestOfLetter('b')]
const lost = { subject: a, ...none, signatures: 2, sboms: 1 }

test.each<[string, Partial<CopyResult>, readonly string[]]>([
  ['nothing was looked for', {}, []],
  ['nothing was found', { attachments: { copied: none, present: none, leftOut: [] } }, []],
  [
    'what came, and what was there',
    { attachments: { copied: { ...none, signatures: 2, sboms: 1 }, present: { ...none, others: 1 }, leftOut: [] } },
    ['attached   3 (2 signatures, 1 SBOM), 1 (1 other) present'],
  ],
  [
    'a place that holds nothing but images',
    { attachments: { copied: none, present: none, leftOut: [lost, { ...lost, subject: b }] } },
    ['not attached  6 (4 signatures, 2 SBOMs): nothing can be attached there'],
  ],
  [
    'an image that was written anew',
    { digest: b, attachments: { copied: none, present: none, leftOut: [lost] } },
    [`not attached  2 signatures, 1 SBOM of sha256:aaaaaaaaaaaa: not the image that is there, so sign ${b}`],
  ],
  [
    'one platform, with its own signature',
    {
      digest: b,
      mediaType: ociManifest,
      attachments: { copied: { ...none, signatures: 1 }, present: none, leftOut: [lost] },
    },
    [
      'attached      1 (1 signature)',
      'not attached  2 signatures, 1 SBOM of sha256:aaaaaaaaaaaa: not the image that is there',
    ],
  ],
  [
    'some platforms, with their own signatures, in a new index',
    {
      digest: b,
      mediaType: ociIndex,
      attachments: { copied: { ...none, signatures: 2 }, present: none, leftOut: [lost] },
    },
    [
      'attached      2 (2 signatures)',
      `not attached  2 signatures, 1 SBOM of sha256:aaaaaaaaaaaa: not the image that is there, so sign ${b}`,
    ],
  ],
])('of what is attached is told: %s', (_, result, lines) => {
  const text = copyText({ ...copied, ...result })
  expect(text.split('\n').flatMap(line => (/^ +(?:not )?attached/.test(line) ? [line.trim()] : []))).toEqual(lines)
})
