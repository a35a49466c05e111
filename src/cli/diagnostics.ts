import type { RequestEvent } from '../http/index.ts'
import type { Output } from './context.ts'
import { printable, printableJson } from './printable.ts'

/** What is said on stderr beside the progress and the error, as lines of text or of JSON. */
export interface Diagnostics {
  request(event: RequestEvent): void
}

export function openDiagnostics(output: Output, form: 'text' | 'json'): Diagnostics {
  if (form === 'json') {
    return {
      request: event => void output.write(`${printableJson({ type: 'request', ...event })}\n`),
    }
  }
  return {
    request({ method, url, milliseconds, status, failure }) {
      const outcome = failure === undefined ? String(status) : `failed (${failure})`
      output.write(`${printable(`debug: ${method} ${url}: ${outcome}, ${Math.round(milliseconds)} ms`)}\n`)
    },
  }
}
