import * as v from 'valibot'
import { readJson } from '../../../model/read-json.ts'

/** What wraps the content's key: ocicrypt writes and reads these. */
export const jweAlgorithms = ['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'] as const
export type JweAlgorithm = (typeof jweAlgorithms)[number]

const base64url = v.pipe(v.string(), v.regex(/^[\w-]*$/))
const epk = v.looseObject({ kty: v.literal('EC'), crv: v.string(), x: base64url, y: base64url })
const header = v.looseObject({
  alg: v.optional(v.picklist(jweAlgorithms)),
  enc: v.optional(v.picklist(['A128GCM', 'A192GCM', 'A256GCM'])),
  epk: v.optional(epk),
  apu: v.optional(base64url),
  apv: v.optional(base64url),
  // Neither is written, and what must be understood and is not may change what all else means.
  zip: v.optional(v.never()),
  crit: v.optional(v.never()),
})
const recipient = v.looseObject({ header: v.optional(header), encrypted_key: base64url })
const document = v.looseObject({
  protected: base64url,
  unprotected: v.optional(header),
  header: v.optional(header),
  encrypted_key: v.optional(base64url),
  recipients: v.optional(v.pipe(v.array(recipient), v.maxLength(1000))),
  aad: v.optional(base64url),
  iv: base64url,
  ciphertext: base64url,
  tag: base64url,
})

export type JweHeader = v.InferOutput<typeof header>

/** RFC 7516, 7.2: the general and the flattened JSON serialization. */
export interface Jwe {
  readonly recipients: readonly { readonly header: JweHeader; readonly wrapped: Buffer }[]
  readonly iv: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
  readonly additionalData: Buffer
}

/** @throws SyntaxError, TypeError or ValiError: whatever it is, it is no JWE that is known */
export function parseJwe(bytes: Uint8Array): Jwe {
  const given = v.parse(document, readJson(bytes))
  const common = { ...given.unprotected, ...v.parse(header, readJson(Buffer.from(given.protected, 'base64url'))) }
  const each = given.recipients ?? [{ header: given.header, encrypted_key: given.encrypted_key ?? '' }]
  return {
    // What is protected has the last word.
    recipients: each.map(one => ({ header: { ...one.header, ...common }, wrapped: decoded(one.encrypted_key) })),
    iv: decoded(given.iv),
    ciphertext: decoded(given.ciphertext),
    tag: decoded(given.tag),
    additionalData: Buffer.from(given.protected + (given.aad === undefined ? '' : `.${given.aad}`), 'ascii'),
  }
}

function decoded(text: string): Buffer {
  return Buffer.from(text, 'base64url')
}
