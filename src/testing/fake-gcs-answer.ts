/** What the fake answers, before it is sent. */
export interface GcsAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

export function jsonAnswer(value: unknown, status = 200): GcsAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: Buffer.from(JSON.stringify(value)),
  }
}

/** A refusal of the JSON API: https://cloud.google.com/storage/docs/json_api/v1/status-codes */
export function jsonRefusal(status: number, reason: string, message: string): GcsAnswer {
  return jsonAnswer({ error: { code: status, message, errors: [{ message, domain: 'global', reason }] } }, status)
}

export function xmlAnswer(root: string, content: string, headers: Readonly<Record<string, string>> = {}): GcsAnswer {
  const body = `<?xml version='1.0' encoding='UTF-8'?><${root} xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>${content}</${root}>`
  return {
    status: 200,
    headers: { 'content-type': 'text/xml; charset=UTF-8', ...headers },
    body: Buffer.from(body),
  }
}

/** A refusal of the XML API: https://cloud.google.com/storage/docs/xml-api/reference-status */
export function xmlRefusal(status: number, code: string, message: string): GcsAnswer {
  const content = `<Code>${code}</Code><Message>${xmlText(message)}</Message>`
  const body = `<?xml version='1.0' encoding='UTF-8'?><Error>${content}</Error>`
  return { status, headers: { 'content-type': 'application/xml; charset=UTF-8' }, body: Buffer.from(body) }
}

export function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** A refusal that only one of the two APIs has words for is thrown, and told in those of the API that was asked. */
export class GcsRefusal extends Error {
  readonly status: number
  /** `reason` of the JSON API. */
  readonly reason: string
  /** `Code` of the XML API. */
  readonly code: string

  constructor(status: number, reason: string, code: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
    this.code = code
  }
}
