import type { IncomingHttpHeaders } from 'node:http'
import { digestParts } from '../../src/model/digest.ts'
import type { BuiltImage } from '../../src/testing/build-image.ts'

export interface Asked {
  readonly method?: string | undefined
  /** With its query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** What is not the same kind with another value. */
const telling: ReadonlySet<string> = new Set(['alt', 'comp', 'digest', 'mount', 'partNumber', 'restype', 'uploadType'])

/** Header names that make another kind of a request, and what it is called. */
const marks: readonly (readonly [header: string, mark: string])[] = [
  ['range', 'range'],
  ['x-ms-range', 'range'],
  ['x-amz-copy-source', 'copy'],
  ['x-amz-copy-source-range', 'part'],
  ['x-ms-copy-source', 'copy'],
  ['content-range', 'rest'],
  ['if-match', 'if-match'],
  ['if-none-match', 'if-none-match'],
]

/** Names kinds of requests for images: method, path and query without what differs from one copy to the next. */
export function requestKinds(images: readonly BuiltImage[]): (request: Asked) => string {
  const roles = new Map<string, string>()
  for (const { root, blobs } of images) {
    for (const [digest, bytes] of blobs) {
      const role = digest === root.digest ? 'root' : bytes.byteLength > 1_000_000 ? 'large' : 'small'
      roles.set(digestParts(digest).hex, role)
    }
  }
  const plain = (text: string) =>
    decodeURIComponent(text)
      .replace(/[0-9a-f]{64}/g, hex => `{${roles.get(hex) ?? 'digest'}}`)
      .replace(/\bcase-\d+\b/g, '{case}')
      .replace(/\bsource-(small|large)\b/g, 'source')
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '{id}')
      .replace(/[\w+=-]{20,}/g, token => (/\d/.test(token) ? '{id}' : token))
  return ({ method, path, headers }) => {
    const url = new URL(path, 'http://host')
    const query = [...url.searchParams]
      .filter(([name]) => name !== 'x-id')
      .map(([name, value]) => (telling.has(name) ? `${name}=${plain(value)}` : name))
      .sort()
    const asked = query.length === 0 ? '' : `?${[...new Set(query)].join('&')}`
    const found = new Set(marks.filter(([header]) => headers[header] !== undefined).map(([, mark]) => mark))
    if (headers.authorization?.startsWith('Bearer')) found.add('token')
    return [`${method} ${plain(url.pathname)}${asked}`, ...found].join(' +')
  }
}
