import type { MissingPiece, RepairResult } from '../../bucket/index.ts'
import { formatCount } from '../format-count.ts'
import { formatDuration } from '../format-duration.ts'
import { formatSize } from '../format-size.ts'
import { printable } from '../printable.ts'

export function repairText({ tags, pieces, bytes, repaired, missing, seconds }: RepairResult): string {
  const lines = [
    ...repaired.map(piece => `repaired ${pieceText(piece)} from ${piece.from}`),
    ...(pieces > repaired.length ? [`and ${formatCount(pieces - repaired.length, 'more')}`] : []),
    ...missing.map(piece => `missing  ${pieceText(piece)}: ${piece.why}`),
  ].map(printable)
  const { checked, incomplete } = tags
  const fetched = `${formatCount(pieces, 'piece')} fetched, ${formatSize(bytes)} in ${formatDuration(seconds)}`
  const rest = incomplete === 0 ? 'all complete' : `${incomplete} still incomplete`
  return `${[...lines, `${formatCount(checked, 'image')}: ${fetched}; ${rest}`].join('\n')}\n`
}

function pieceText({ image, tag, platform, kind, digest }: Omit<MissingPiece, 'why'>): string {
  const name = tag === undefined ? image : `${image}:${tag}`
  return `${name} ${platform === undefined ? '' : `${platform} `}${kind} ${digest}`
}
