import type { IncomingMessage } from 'node:http'
import type { RegistryQuirks } from './fake-registry-quirks.ts'
import type { FakeRepository } from './fake-registry-repository.ts'

/** A request to one repository, as the handlers see it. */
export interface Call {
  readonly request: IncomingMessage
  readonly method: string
  readonly url: URL
  /** The repository's name. */
  readonly name: string
  readonly repository: FakeRepository
  /** Another repository that exists. */
  readonly other: (name: string) => FakeRepository | undefined
  readonly quirks: RegistryQuirks
  /** The registry's origin, and the one that redirects lead to. */
  readonly origins: { readonly own: string; readonly other: string }
  /** Reads the body. Answers `undefined` where it is longer than `limit`; the rest is discarded. `broken` is told what came of one that breaks off. */
  readonly body: (limit?: number, broken?: (received: Uint8Array) => void) => Promise<Uint8Array | undefined>
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** A refusal with one of the codes of the distribution specification, "Error Codes". */
export function refuse(status: number, code: string, message: string, headers: Answer['headers'] = {}): Answer {
  return {
    status,
    headers: { ...headers, 'content-type': 'application/json' },
    body: jsonBytes({ errors: [{ code, message }] }),
  }
}

export function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}
