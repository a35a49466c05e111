import { shortDigest } from '../../model/digest.ts'
import { formatCount } from '../format-count.ts'
import { formatDuration } from '../format-duration.ts'
import { formatSize } from '../format-size.ts'
import type { ActiveBlob, Tally } from './tally.ts'

export interface Screen {
  readonly columns: number
  readonly rows: number
}

const longestBar = 30
/** `manifest`, a short digest, `99.9 MB / 99.9 MB`, and the spaces between them. */
const besideBar = 8 + 1 + 19 + 2 + 2 + 17

/**
 * The lines of a live display: one for each active blob, and the total. Each is one column narrower than the screen,
 * since a line that fills it wraps on some terminals; together they leave one row for the cursor.
 */
export function frame(tally: Tally, screen: Screen): string[] {
  const width = Math.max(1, screen.columns - 1)
  const room = Math.max(0, screen.rows - 2)
  const { active } = tally
  const shown = active.length <= room ? active : active.slice(0, Math.max(0, room - 1))
  const lines = shown.map(blob => blobLine(blob, width))
  if (shown.length < active.length && room > 0) lines.push(`... and ${active.length - shown.length} more`)
  return [...lines, totalLine(tally)].map(line => line.slice(0, width))
}

function blobLine({ kind, digest, bytes, size }: ActiveBlob, width: number): string {
  const name = `${kind.padEnd(8)} ${digest === undefined ? 'arriving'.padEnd(19) : shortDigest(digest)}`
  const share = size === 0 ? 1 : bytes / size
  const bar = Math.min(longestBar, width - besideBar)
  // a narrow terminal shows first what changes
  if (bar < 5) return `${percent(share)} ${name}`
  const filled = Math.round(share * bar)
  const sizes = `${formatSize(bytes)} / ${formatSize(size)}`
  return `${name} [${'='.repeat(filled)}${' '.repeat(bar - filled)}] ${sizes}`
}

/** `48%  57.6 MB of 120 MB  12.3 MB/s  5s left  3 of 12 blobs`: what matters most is clipped last. */
export function totalLine(tally: Tally): string {
  if (!tally.isPlanned) return 'planning'
  const { bytes, blobs, bytesPerSecond, secondsLeft } = tally
  const parts = [
    percent(bytes.all === 0 ? 1 : bytes.settled / bytes.all),
    `${formatSize(bytes.settled)} of ${formatSize(bytes.all)}`,
    ...(bytesPerSecond === undefined ? [] : [`${formatSize(bytesPerSecond)}/s`]),
    ...(secondsLeft === undefined ? [] : [`${formatDuration(secondsLeft)} left`]),
    `${blobs.settled} of ${formatCount(blobs.all, 'blob')}`,
  ]
  return parts.join('  ')
}

function percent(share: number): string {
  return `${Math.floor(share * 100)}%`.padStart(4)
}
