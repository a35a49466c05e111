import { LadingError } from '../../errors/index.ts'
import type { DirectRequest, ResponseHead } from '../../http/direct/index.ts'
import { isDoubtful, isTransientStatus, parseRetryAfter, proxyFor, redirected } from '../../http/index.ts'

/** What an answer to a question for bytes means for whoever reads the blob. */
export type Answer =
  | { readonly kind: 'whole' }
  | { readonly kind: 'range' }
  | { readonly kind: 'redirect'; readonly to: DirectRequest }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'slow-down'; readonly retryAfterMs: number | undefined; readonly error: LadingError }
  | { readonly kind: 'other'; readonly why: string }

interface Question {
  readonly request: DirectRequest
  /** The first byte that was asked for. */
  readonly from: number
  /** Of the whole blob. */
  readonly size: number
}

/** @throws LadingError `protocol-error` for a redirect that must not be followed */
export function judgeAnswer(head: ResponseHead, { request, from, size }: Question): Answer {
  const { status, headers, length } = head
  const { host } = new URL(request.url)
  if (status === 200 && length === size) return { kind: 'whole' }
  if (status === 206) {
    const said = headers.get('content-range') ?? ''
    const [, start, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(said) ?? []
    const isThere = length > 0 && Number(start) === from && Number(last) === from + length - 1
    if (isThere && (total === '*' || Number(total) === size)) return { kind: 'range' }
    return { kind: 'other', why: `it answered with range ${JSON.stringify(said)}` }
  }
  if (status === 401 || status === 403) return { kind: 'unauthorized' }
  if (isTransientStatus(status)) {
    const retryAfterMs = parseRetryAfter(headers.get('retry-after'), Date.now())
    const code = status === 429 ? 'rate-limited' : 'server-error'
    return { kind: 'slow-down', retryAfterMs, error: new LadingError(code, `${host} answered ${status}`, { status }) }
  }
  const next = redirected({ method: 'GET', ...request }, head)
  if (next === undefined) return { kind: 'other', why: `it answered ${status}` }
  if (isDoubtful(new URL(request.url), new URL(next.url))) return { kind: 'other', why: 'it redirects to this machine' }
  if (proxyFor(new URL(next.url), process.env) !== undefined) return { kind: 'other', why: 'a proxy stands before it' }
  const { range: _, ...rest } = next.headers ?? {}
  return { kind: 'redirect', to: { ...request, url: next.url, headers: rest } }
}
