import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { readJson } from '../../model/read-json.ts'

/** The one cipher of ocicrypt: AES-256 in counter mode, and an HMAC with SHA-256 over what it gives, both with the same key. */
export const layerCipher = 'AES_256_CTR_HMAC_SHA256'
export const keyBytes = 32
export const nonceBytes = 16
const macBytes = 32

/** What opens a layer: only those see it that a key is wrapped for. */
export interface LayerSecret {
  readonly key: Uint8Array
  readonly nonce: Uint8Array
  /** What was encrypted, as who did it says. Not always the bytes themselves: some name what these were compressed from. */
  readonly digest: string
}

/** What everybody may know of an encrypted layer. */
export interface LayerSeal {
  readonly mac: Uint8Array
}

/** An empty map and none are the same to Go. */
const options = v.nullish(v.record(v.string(), v.string()))
const secretSchema = v.looseObject({ symkey: v.string(), digest: v.nullish(v.string(), ''), cipheroptions: options })
const sealSchema = v.looseObject({ cipher: v.string(), hmac: v.nullish(v.string(), '') })

export function formatSecret({ key, nonce, digest }: LayerSecret): Uint8Array {
  const document = { symkey: base64(key), digest, cipheroptions: { nonce: base64(nonce) } }
  return new TextEncoder().encode(JSON.stringify(document))
}

/** @throws LadingError `not-authentic`; nothing of the document is in its words */
export function parseSecret(bytes: Uint8Array): LayerSecret {
  const { symkey, digest, cipheroptions } = parsed(secretSchema, bytes, 'what was encrypted of the key of a layer')
  const key = Buffer.from(symkey, 'base64')
  // Never from the public options, whose word would be the first for ocicrypt: anybody can change those.
  const nonce = Buffer.from(cipheroptions?.nonce ?? '', 'base64')
  if (key.byteLength !== keyBytes) throw malformed(`the key of a layer has ${key.byteLength} bytes and not ${keyBytes}`)
  if (nonce.byteLength !== nonceBytes)
    throw malformed(`the nonce of a layer has ${nonce.byteLength} bytes and not ${nonceBytes}`)
  return { key, nonce, digest: digest ?? '' }
}

export function formatSeal({ mac }: LayerSeal): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ cipher: layerCipher, hmac: base64(mac), cipheroptions: {} }))
}

/** @throws LadingError `not-authentic`, or `unsupported` for another cipher */
export function parseSeal(bytes: Uint8Array): LayerSeal {
  const { cipher, hmac } = parsed(sealSchema, bytes, 'the public options of an encrypted layer')
  if (cipher !== layerCipher) {
    throw new LadingError('unsupported', `a layer is encrypted with ${JSON.stringify(cipher)}`, {
      hint: `${layerCipher} is the one cipher that is known`,
    })
  }
  const mac = Buffer.from(hmac ?? '', 'base64')
  if (mac.byteLength === 0) throw malformed('an encrypted layer has no HMAC')
  if (mac.byteLength !== macBytes)
    throw malformed(`the HMAC of a layer has ${mac.byteLength} bytes and not ${macBytes}`)
  return { mac }
}

function parsed<S extends v.GenericSchema>(schema: S, bytes: Uint8Array, what: string): v.InferOutput<S> {
  try {
    return v.parse(schema, readJson(bytes))
  } catch {
    throw malformed(`${what} is no such document`)
  }
}

function malformed(message: string): LadingError {
  return new LadingError('not-authentic', message)
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
