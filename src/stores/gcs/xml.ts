const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/**
 * The text of the first element of a name, or `undefined`.
 *
 * Google's answers are flat lists of known elements without attributes, comments or CDATA: a parser would be more code, and more
 * of it exposed to others' input, than this.
 */
export function elementText(xml: string, name: string): string | undefined {
  const content = elements(xml, name)[0]
  return content === undefined ? undefined : unescapeXml(content)
}

/** What stands between the tags of every element of a name, as it is written. */
export function elements(xml: string, name: string): string[] {
  const [open, close] = [`<${name}>`, `</${name}>`]
  const found: string[] = []
  // Not an expression: of a text with many tags that nothing closes it would look for the end again and again.
  for (let at = xml.indexOf(open); at !== -1; at = xml.indexOf(open, at)) {
    const start = at + open.length
    const end = xml.indexOf(close, start)
    if (end === -1) break
    found.push(xml.slice(start, end))
    at = end + close.length
  }
  return found
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function unescapeXml(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities.get(name) ?? whole
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole
  })
}
