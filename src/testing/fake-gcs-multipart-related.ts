/** One part of a multipart/related body. */
interface RelatedPart {
  readonly contentType: string | undefined
  readonly content: Buffer
}

const lineEnd = Buffer.from('\r\n')
const blankLine = Buffer.from('\r\n\r\n')

/** The two parts of an upload, RFC 2387: its description and its bytes. `undefined` where the body is not of that form. */
export function parseMultipartRelated(contentType: string, body: Buffer): RelatedPart[] | undefined {
  const boundary = /^multipart\/related;.*\bboundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  if (boundary === null) return undefined
  const dashes = Buffer.from(`--${boundary[1] ?? boundary[2]}`)
  const between = Buffer.concat([lineEnd, dashes])
  const parts: RelatedPart[] = []
  let at = body.indexOf(dashes)
  while (at !== -1) {
    at += dashes.length
    if (body.toString('latin1', at, at + 2) === '--') return parts
    const head = body.indexOf(blankLine, at)
    const end = body.indexOf(between, at)
    if (head === -1 || end === -1 || end < head) return undefined
    const type = /^content-type:\s*(.*)$/im.exec(body.toString('latin1', at, head))?.[1]?.trim()
    parts.push({ contentType: type, content: body.subarray(head + blankLine.length, end) })
    at = end + lineEnd.length
  }
  return undefined
}
