import type { DamagedBlob, DoctorCheck, DoctorReport, ImageFlaw, IncompleteTag } from '../../bucket/index.ts'
import { formatCount } from '../format-count.ts'
import { formatDuration } from '../format-duration.ts'
import { formatSize } from '../format-size.ts'
import { printable } from '../printable.ts'

/** What is shown of each tag, and of the damaged blobs; JSON has the rest. */
const maxShown = 10
const indent = ' '.repeat(9)

export function doctorText({ bucket, checks, tags, incomplete, damaged, verified }: DoctorReport): string {
  const lines = [printable(bucket), ...checks.flatMap(checkLines)]
  if (incomplete.length > 0) lines.push('', ...incomplete.flatMap(tagLines))
  const more = (tags?.incomplete ?? 0) - incomplete.length
  if (more > 0) lines.push(`and ${formatCount(more, 'more tag')}`)
  if (verified !== undefined) lines.push('', ...damagedLines(damaged, verified.damaged), verifiedLine(verified))
  return `${lines.join('\n')}\n`
}

function checkLines({ name, state, message, hint, counts, names = [] }: DoctorCheck): string[] {
  const size = counts?.bytes === undefined || counts.bytes === 0 ? '' : ` (${formatSize(counts.bytes)})`
  const lines = [`${state.padEnd(indent.length)}${name.padEnd(14)} ${printable(message)}${size}`]
  const of = (text: string) => `${indent}${' '.repeat(15)}${text}`
  if (names.length > 0) lines.push(of(namesText(names, counts?.count ?? counts?.lost ?? counts?.foreign ?? 0)))
  if (hint !== undefined && state !== 'ok') lines.push(of(printable(hint)))
  return lines
}

function namesText(names: readonly string[], count: number): string {
  const shown = names.map(printable).join(', ')
  return count > names.length ? `${shown}, …` : shown
}

function tagLines({ image, tag, digest, flaws }: IncompleteTag): string[] {
  const shown = flaws.slice(0, maxShown).map(flaw => `  ${flawText(flaw)}`)
  const more = flaws.length - shown.length
  return [printable(`${image}:${tag} ${digest}`), ...shown, ...(more > 0 ? [`  and ${more} more`] : [])]
}

/** `linux/arm64/v8 layer sha256:… (4.2 MB): missing`. */
function flawText(flaw: ImageFlaw): string {
  const of = flaw.platform === undefined ? '' : `${flaw.platform} `
  const what =
    flaw.flaw === 'missing'
      ? 'missing'
      : flaw.flaw === 'wrong-size'
        ? `${flaw.actualSize} bytes are there, not ${flaw.size}`
        : `damaged: ${flaw.why}`
  return printable(`${of}${flaw.kind} ${flaw.digest} (${formatSize(flaw.size)}): ${what}`)
}

function damagedLines(damaged: readonly DamagedBlob[], count: number): string[] {
  const lines = damaged
    .slice(0, maxShown)
    .map(({ digest, size, why }) => printable(`damaged ${digest} (${formatSize(size)}): ${why}`))
  return count > lines.length ? [...lines, `and ${formatCount(count - lines.length, 'more damaged blob')}`] : lines
}

function verifiedLine({ blobs, bytes, seconds }: NonNullable<DoctorReport['verified']>): string {
  const rate = seconds > 0 ? ` (${formatSize(bytes / seconds)}/s)` : ''
  return `${formatCount(blobs, 'blob')} read, ${formatSize(bytes)} in ${formatDuration(seconds)}${rate}`
}
