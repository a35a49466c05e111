import path from 'node:path'

/** A scanner calls the image by the path of the temporary layout: here it gets its name again. */
export function namedReport(report: Uint8Array, isJson: boolean, layout: string, name: string): Uint8Array {
  const written = isJson ? JSON.stringify(name).slice(1, -1) : name
  // some formats write a path without its first slash
  const shorter = layout.slice(path.parse(layout).root.length)
  const text = Buffer.from(report).toString('utf8')
  if (!text.includes(shorter)) return report
  return Buffer.from(text.replaceAll(layout, () => written).replaceAll(shorter, () => written))
}
