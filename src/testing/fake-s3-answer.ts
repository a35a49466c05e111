import type { IncomingHttpHeaders } from 'node:http'

/** One request, with its signature checked and its body read. */
export interface S3Call {
  readonly method: string
  readonly bucket: string
  /** Empty where the bucket itself is meant. */
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface S3Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | number>>
  readonly body?: Buffer
}

/** A refusal as S3 writes it ("Error responses" of its API reference). */
export class S3Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly fields: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: string,
    message: string,
    more: { readonly fields?: Record<string, string>; readonly headers?: Record<string, string> } = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.fields = more.fields ?? {}
    this.headers = more.headers ?? {}
  }

  answer(): S3Answer {
    const { status, code, message, fields, headers } = this
    return xml(status, 'Error', { Code: code, Message: message, ...fields, RequestId: 'fake' }, headers)
  }
}

/** An element's content: text, children, or several elements of the name. */
export type XmlContent = string | number | boolean | undefined | XmlTree | readonly XmlTree[]
export interface XmlTree {
  readonly [name: string]: XmlContent
}

export function xml(status: number, root: string, tree: XmlTree, headers: S3Answer['headers'] = {}): S3Answer {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, tree)}`
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body: Buffer.from(text) }
}

function element(name: string, content: XmlContent): string {
  if (content === undefined) return ''
  if (Array.isArray(content)) return content.map(one => element(name, one)).join('')
  const inner =
    typeof content === 'object'
      ? Object.entries(content)
          .map(([child, value]) => element(child, value))
          .join('')
      : escaped(String(content))
  return `<${name}>${inner}</${name}>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, char => entities[char] ?? char)
}

/** The text of an element of a request's body, which is written by clients that use no more of XML than this. */
export function xmlText(document: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(document)?.[1]
  return Object.entries(entities).reduce((known, [char, entity]) => known?.replaceAll(entity, char), text)
}
