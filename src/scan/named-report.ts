import path from 'node:path'
import type { ReportFormat } from './trivy-arguments.ts'

const asText: readonly ReportFormat[] = ['table', 'template', 'spdx']

/** A scanner calls the image by the path of the temporary layout: here it gets its name again. */
export function namedReport(report: Uint8Array, format: ReportFormat, layout: string, name: string): Uint8Array {
  const written = asText.includes(format) ? name : JSON.stringify(name).slice(1, -1)
  // some formats write a path without its first slash
  const [root] = path.parse(layout).root
  const text = Buffer.from(report).toString('utf8')
  const shorter = layout.slice(root?.length ?? 0)
  if (!text.includes(shorter)) return report
  return Buffer.from(text.replaceAll(layout, () => written).replaceAll(shorter, () => written))
}
