import type { SyncedImage } from '../../copy/index.ts'
import { formatCount } from '../format-count.ts'
import { formatSize } from '../format-size.ts'
import { printable } from '../printable.ts'

/** What became of one image, on a line; nothing where it failed, which is told as errors are. */
export function syncedText({ source, destination, result }: SyncedImage): string {
  if (result === undefined) return ''
  const names = printable(`${source} to ${destination}`)
  const { digest, plan, bytes, changed } = result
  if (plan !== undefined) {
    const missing = plan.filter(({ action }) => action !== 'present')
    const size = missing.reduce((sum, one) => sum + one.size, 0)
    return result.previous === digest ? `nothing to do: ${names}\n` : `would copy ${names} (${formatSize(size)})\n`
  }
  return changed ? `copied ${names} ${digest} (${formatSize(bytes.copied)})\n` : `unchanged ${names} ${digest}\n`
}

export function syncSummary(images: readonly SyncedImage[]): string {
  if (images.length === 0) return ''
  const results = images.flatMap(({ result }) => (result === undefined ? [] : [result]))
  const failed = images.length - results.length
  const isPlan = results.some(({ plan }) => plan !== undefined)
  const changed = results.filter(one => (isPlan ? one.previous !== one.digest : one.changed)).length
  const parts = [
    `${changed} ${isPlan ? 'to copy' : 'copied'}`,
    `${results.length - changed} unchanged`,
    ...(failed === 0 ? [] : [`${failed} failed`]),
  ]
  return `${formatCount(images.length, 'image')}: ${parts.join(', ')}\n`
}
