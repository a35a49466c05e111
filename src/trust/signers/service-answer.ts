import type { KeyObject } from 'node:crypto'
import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import type { HttpClient, HttpRequest } from '../../http/index.ts'
import { limits } from '../../model/limits.ts'
import { readJson } from '../../model/read-json.ts'
import { readAll } from '../../streams/index.ts'

/** What a service that speaks JSON answered. */
export interface ServiceAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  /** `undefined` where it is no JSON: an error page of a proxy, say. */
  readonly value: unknown
}

/** Asks a service for a document. Every question of a key can be asked twice. */
export async function askService(
  http: HttpClient,
  request: Pick<HttpRequest, 'method' | 'url' | 'headers' | 'signal' | 'tlsVerify' | 'route'>,
  input?: Readonly<Record<string, unknown>>,
): Promise<ServiceAnswer> {
  const body =
    input === undefined
      ? {}
      : {
          body: new TextEncoder().encode(JSON.stringify(input)),
          headers: { ...request.headers, 'content-type': 'application/json' },
        }
  const answer = await http.request({ ...request, ...body, idempotent: true, documentBytes: limits.tokenBytes })
  const bytes = await readAll(answer.body, limits.tokenBytes, `the answer of ${new URL(request.url).host}`)
  return { status: answer.status, headers: answer.headers, value: asJson(bytes) }
}

function asJson(bytes: Uint8Array): unknown {
  try {
    return readJson(bytes)
  } catch {
    return undefined
  }
}

/** @throws LadingError `protocol-error` */
export function parseServiceAnswer<T>(schema: v.GenericSchema<unknown, T>, value: unknown, name: string): T {
  const parsed = v.safeParse(schema, value, { abortEarly: true })
  if (parsed.success) return parsed.output
  throw notUnderstood(name)
}

/** @throws LadingError `protocol-error` */
export function parsePublicKey(parse: () => KeyObject, name: string): KeyObject {
  try {
    return parse()
  } catch (cause) {
    throw notUnderstood(name, cause)
  }
}

/** Of base64 or base64url. Whether it is a signature is found out by who verifies it. */
export function parseSignature(text: string, name: string): Uint8Array {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) throw notUnderstood(name)
  return Buffer.from(text, 'base64')
}

function notUnderstood(name: string, cause?: unknown): LadingError {
  return new LadingError('protocol-error', 'the service of the key answers what cannot be understood', {
    operation: 'ask for key',
    subject: name,
    cause,
  })
}
