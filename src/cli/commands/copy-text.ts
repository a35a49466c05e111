import type { CopyResult, PlanEntry } from '../../copy/index.ts'
import { shortDigest } from '../../model/digest.ts'
import { isIndexType } from '../../model/media-types.ts'
import { alignFields } from '../align-fields.ts'
import { formatCount } from '../format-count.ts'
import { formatDuration } from '../format-duration.ts'
import { formatSize } from '../format-size.ts'
import { printable } from '../printable.ts'
import { attachmentsText, kindsText, sumOfCounts } from './attachments-text.ts'

/** What was done, for people. */
export function copyText(result: CopyResult): string {
  const { digest, sourceDigest, previous, plan } = result
  const fields = alignFields(
    [
      ['digest', digest],
      ['rewritten', result.rewritten && printable(`from ${sourceDigest}: ${result.rewritten}`)],
      ['replaced', previous === digest ? undefined : previous],
      ['platforms', printable(result.platforms.join(', '))],
      ['left out', leftOut(result)],
      ['signatures', signatures(result)],
      ['blobs', plan === undefined ? moved(result) : undefined],
      ['attached', attached(result)],
      ['not attached', notAttached(result)],
    ],
    '  ',
  )
  return `${headline(result)}\n${fields}${plan === undefined ? '' : planText(plan)}`
}

function headline({ source, destination, digest, previous, changed, plan }: CopyResult): string {
  const [from, to] = [printable(source), printable(destination)]
  // a dry run changes nothing, whatever is missing
  if (plan !== undefined)
    return previous === digest ? `nothing to do: ${to} is ${from} already` : `would copy ${from} to ${to}`
  return changed ? `copied ${from} to ${to}` : `unchanged: ${to} is ${from} already`
}

function leftOut({ leftOut, attestationsLeftOut }: CopyResult): string {
  const parts = [
    ...(leftOut.length === 0 ? [] : [leftOut.join(', ')]),
    ...(attestationsLeftOut === 0 ? [] : [formatCount(attestationsLeftOut, 'attestation')]),
  ]
  return printable(parts.join('; '))
}

function signatures({ signatures: found }: CopyResult): string | undefined {
  if (found === undefined) return undefined
  const { copied, made, leftOut } = found
  const parts = [[copied, 'copied'] as const, [made, 'made'] as const, [leftOut, 'left behind'] as const]
  return parts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(', ')
}

function moved({ blobs, bytes, seconds }: CopyResult): string {
  const mounted = blobs.mounted === 0 ? '' : `, ${blobs.mounted} mounted (${formatSize(bytes.mounted)}, not read)`
  const present = blobs.present === 0 ? '' : `, ${blobs.present} present (${formatSize(bytes.present)})`
  return `${blobs.copied} copied (${formatSize(bytes.copied)})${mounted}${present}, in ${formatDuration(seconds)}`
}

function attached({ attachments }: CopyResult): string | undefined {
  if (attachments === undefined) return undefined
  const [copied, present] = [attachmentsText(attachments.copied), attachmentsText(attachments.present)]
  return [copied, present && `${present} present`].filter(Boolean).join(', ')
}

/** A signature speaks of one digest: an image that was written anew has to be signed again. */
function notAttached({ attachments, digest, mediaType, sourceDigest }: CopyResult): string | undefined {
  if (attachments === undefined || attachments.leftOut.length === 0) return undefined
  const { copied, present, leftOut } = attachments
  if (digest === sourceDigest) return `${attachmentsText(sumOfCounts(leftOut))}: nothing can be attached there`
  const of = leftOut.map(({ subject, ...counts }) => `${kindsText(counts)} of ${shortDigest(subject)}`)
  const shown = of.length > 3 ? `${of.slice(0, 3).join('; ')}; and of ${of.length - 3} more` : of.join('; ')
  // what came with an index that is new is of its platforms: nothing of it is of the index itself
  const isUnsigned = isIndexType(mediaType) || copied.signatures + present.signatures === 0
  const isLost = isUnsigned && leftOut.some(({ signatures }) => signatures > 0)
  return `${shown}: not the image that is there${isLost ? `, so sign ${digest}` : ''}`
}

function planText(plan: readonly PlanEntry[]): string {
  const lines = plan.map(
    ({ action, kind, digest, size }) =>
      `  ${action.padEnd(7)}  ${kind.padEnd(8)}  ${digest}  ${formatSize(size).padStart(7)}\n`,
  )
  const missing = plan.filter(one => one.action !== 'present')
  const bytes = missing.reduce((sum, one) => sum + one.size, 0)
  const converted = plan.filter(one => one.action === 'convert').length
  const which = converted === 0 ? '' : `, ${converted} of them changed on the way`
  return `${lines.join('')}${missing.length} of ${plan.length} to copy, ${formatSize(bytes)}${which}\n`
}
