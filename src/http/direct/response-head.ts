/** The head of an answer of HTTP/1.1 whose body has a stated length. */
export interface ResponseHead {
  readonly status: number
  /** Names in lower case; a repeated header's values joined with `, `. */
  readonly headers: ReadonlyMap<string, string>
  /** Bytes of the body. */
  readonly length: number
  /** Whether another request may follow on the connection. */
  readonly keepsOpen: boolean
}

const statusLine = /^HTTP\/1\.1 (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?$/
// The white space around a value is no part of the expression: to find where it ends would take the cube of its length.
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)$/

/**
 * Reads what stands before the empty line (RFC 9112). Only what leaves no doubt is understood: another version, a coding of the transfer
 * or the content, a length that is missing or said twice, a line that is folded are left to a client that knows all of HTTP.
 */
export function parseResponseHead(text: string): ResponseHead | undefined {
  const [first = '', ...lines] = text.split('\r\n')
  const status = Number(statusLine.exec(first)?.[1])
  if (!(status >= 200)) return undefined
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = headerLine.exec(line) ?? []
    if (name === undefined || value === undefined) return undefined
    const key = name.toLowerCase()
    const before = headers.get(key)
    const trimmed = trim(value)
    headers.set(key, before === undefined ? trimmed : `${before}, ${trimmed}`)
  }
  const length = headers.get('content-length') ?? ''
  const coding = headers.get('content-encoding') ?? 'identity'
  if (!/^\d{1,15}$/.test(length) || headers.has('transfer-encoding') || coding.toLowerCase() !== 'identity')
    return undefined
  const keepsOpen = !/\bclose\b/i.test(headers.get('connection') ?? '')
  return { status, headers, length: Number(length), keepsOpen }
}

/** Without the spaces and tabs at both ends, and no other white space: RFC 9110, 5.5. */
function trim(value: string): string {
  let start = 0
  let end = value.length
  while (start < end && isBlank(value, start)) start++
  while (end > start && isBlank(value, end - 1)) end--
  return value.slice(start, end)
}

function isBlank(text: string, at: number): boolean {
  return text[at] === ' ' || text[at] === '\t'
}
