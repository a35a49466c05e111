import type { StatsResult } from '../../bucket/index.ts'
import { shortDigest } from '../../model/digest.ts'
import { alignFields } from '../align-fields.ts'
import { formatCount } from '../format-count.ts'
import { formatMoney } from '../format-money.ts'
import { formatSize } from '../format-size.ts'
import { printable } from '../printable.ts'

type Tally = StatsResult['stored']

/** So many of a layer's tags are named. */
const namesShown = 3

/** What a bucket holds and costs, for people. The names in it were written by others. */
export function statsText(stats: StatsResult): string {
  const sections = [
    `Bucket: ${printable(stats.bucket)}\n`,
    totals(stats),
    images(stats),
    layers(stats),
    storage(stats),
    cost(stats),
    clean(stats),
    notes(stats),
  ]
  return sections.filter(section => section !== '').join('\n')
}

function totals(stats: StatsResult): string {
  const { attachments, blobs, objects, savedBytes, savedPercent } = stats
  const chunks = [objects.chunks, objects.recipes, objects.indexes].reduce((sum, { bytes }) => sum + bytes, 0)
  return alignFields([
    ['Images:', String(stats.images)],
    ['Tags:', `${stats.tags}${attachments === 0 ? '' : `, and ${formatCount(attachments, 'attachment')}`}`],
    ['Unique blobs:', told(blobs.stored)],
    ['Total size:', `${formatSize(stats.stored.bytes)} in ${formatCount(stats.stored.count, 'object')}`],
    ['Logical size:', formatSize(stats.logicalBytes)],
    ['Saved by sharing:', `${formatSize(savedBytes)} (${savedPercent.toFixed()}%)`],
    ['Chunks of s3lo 2:', chunks === 0 ? undefined : formatSize(chunks)],
    ['Kept by history:', toldIfAny(blobs.historyOnly)],
    ['Condemned:', toldIfAny(blobs.condemned)],
    ['Needed by nothing:', toldIfAny(blobs.unneeded)],
    ['Missing:', toldIfAny(stats.missing)],
  ])
}

function images({ byImage, imagesLeftOut }: StatsResult): string {
  if (byImage.length === 0) return ''
  const rows = byImage.map(image => [
    printable(image.image),
    String(image.tags),
    formatSize(image.logicalBytes),
    formatSize(image.ownBytes),
    formatSize(image.sharedBytes),
  ])
  return table(['IMAGE', 'TAGS', 'LOGICAL', 'OWN', 'SHARED'], rows) + more(imagesLeftOut, 'image')
}

function layers({ layers: found, tags, attachments }: StatsResult): string {
  if (found === undefined) return ''
  const { unique, logicalBytes, leftOut } = found
  const rows = found.layers.map(layer => {
    const others = layer.tags - Math.min(namesShown, layer.names.length)
    const names = layer.names.slice(0, namesShown).map(printable).join(', ')
    const sharedBy = others > 0 ? `${names} and ${others} more` : names
    return [shortDigest(layer.digest), formatSize(layer.bytes), String(layer.tags), sharedBy]
  })
  const saved = logicalBytes === 0 ? 0 : ((logicalBytes - unique.bytes) / logicalBytes) * 100
  const across = attachments === 0 ? '' : ` and ${formatCount(attachments, 'attachment')}`
  const sum =
    `${formatCount(unique.count, 'unique layer')} across ${formatCount(tags, 'tag')}${across} · ${formatSize(unique.bytes)} stored · ` +
    `${formatSize(logicalBytes)} logical · ${saved.toFixed()}% saved by sharing\n`
  const list =
    rows.length === 0 ? '' : `${table(['LAYER', 'SIZE', 'TAGS', 'SHARED BY'], rows)}${more(leftOut, 'layer')}\n`
  return list + sum
}

function storage({ storageClasses, stored, cost: { currency } }: StatsResult): string {
  if (storageClasses.length === 0) return ''
  const rows = storageClasses.map(({ storageClass, count, bytes, monthly, lowestMonthly }) => [
    printable(storageClass),
    String(count),
    formatSize(bytes),
    stored.bytes === 0 ? '-' : `${((bytes / stored.bytes) * 100).toFixed()}%`,
    monthly === undefined ? '-' : range(monthly, lowestMonthly, currency),
  ])
  return table(['STORAGE CLASS', 'OBJECTS', 'SIZE', '', 'A MONTH'], rows)
}

function cost({ cost: { currency, monthly, lowestMonthly, unpricedBytes, registry, fill } }: StatsResult): string {
  const times = monthly === undefined || monthly === 0 ? undefined : registry.monthly / monthly
  const unpriced = unpricedBytes === 0 ? '' : `, without ${formatSize(unpricedBytes)} that have no price here`
  const against = times === undefined ? '' : times >= 1 ? ` (${times.toFixed(1)}x)` : ` (${times.toFixed(2)}x)`
  return alignFields([
    [
      'Estimated monthly cost:',
      monthly === undefined
        ? 'no price is known; --prices takes one'
        : range(monthly, lowestMonthly, currency) + unpriced,
    ],
    [`The same in ${printable(registry.name)}:`, formatMoney(registry.monthly, currency) + against],
    [
      'To fill a bucket with it:',
      fill === undefined || fill.requests === 0
        ? undefined
        : `${formatMoney(fill.cost, currency)} for ${formatCount(fill.requests, 'request')}`,
    ],
  ])
}

function clean({ clean: plan, cost: { currency } }: StatsResult): string {
  if (plan.refused !== undefined) return `lading clean would remove nothing: ${printable(plan.refused)}\n`
  const money = (amount: number | undefined) => (!amount ? '' : `, ${formatMoney(amount, currency)} a month`)
  const all = plan.tags > 0 || plan.all.count !== plan.blobs.count
  return alignFields([
    ['lading clean --blobs frees', told(plan.blobs) + money(plan.blobsMonthly)],
    [
      'lading clean frees',
      all ? `${told(plan.all)} with ${formatCount(plan.tags, 'tag')}${money(plan.allMonthly)}` : undefined,
    ],
    ['too new to be removed', toldIfAny(plan.recent)],
  ])
}

function notes({
  cost: { pricesOf, service, lowestMonthly, registry },
  retention,
  incompleteTags,
}: StatsResult): string {
  const uncompressed = registry.uncompressedBytes
  const lines = [
    incompleteTags > 0 &&
      `${formatCount(incompleteTags, 'tag')} not whole: what is missing is not counted. lading doctor says what it is.`,
    service !== undefined && `Prices of ${pricesOf}: ${printable(service)}.`,
    lowestMonthly !== undefined &&
      'The lower cost is that of objects which have all moved to the cheapest tier; a listing does not tell their tier.',
    uncompressed > 0 &&
      `A registry is reckoned to hold the ${formatSize(uncompressed)} of uncompressed layers compressed.`,
    retention?.versions === 'on' && 'The bucket keeps versions: older ones are paid for too, and are not counted.',
  ].filter(line => line !== false)
  return lines.map(line => `Note: ${line}\n`).join('')
}

function range(monthly: number, lowest: number | undefined, currency: string): string {
  const most = formatMoney(monthly, currency)
  return lowest === undefined ? most : `${formatMoney(lowest, currency)} to ${most}`
}

function told({ count, bytes }: Tally): string {
  return `${count} (${formatSize(bytes)})`
}

function toldIfAny(tally: Tally): string | undefined {
  return tally.count === 0 ? undefined : told(tally)
}

function more(count: number, noun: string): string {
  return count === 0 ? '' : `and ${formatCount(count, `more ${noun}`)}\n`
}

/** Columns with their names above them. */
function table(names: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [names, ...rows]
  const widths = names.map((_, at) => Math.max(...all.map(row => row[at]?.length ?? 0)))
  return all
    .map(
      row =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
