import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { LadingError } from '../errors/index.ts'

/**
 * Signs a manifest of schema 1 as libtrust does, with a key that is made for it and forgotten: registries refuse one without a signature,
 * and look no further. The digest stays that of `bytes`.
 *
 * @throws LadingError `bad-manifest` where the bytes are no JSON object, or are signed already
 */
export function signSchema1(bytes: Uint8Array): Uint8Array {
  const json = Buffer.from(bytes)
  const formatLength = lengthBeforeEnd(json)
  const tail = json.subarray(formatLength)
  // the members in the order in which Go's libtrust writes them
  const header = {
    formatLength,
    formatTail: tail.toString('base64url'),
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
  }
  const protectedHeader = Buffer.from(JSON.stringify(header)).toString('base64url')
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signed = Buffer.from(`${protectedHeader}.${json.toString('base64url')}`)
  const signature = sign('sha256', signed, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
  const signatures = [
    {
      header: { jwk: { crv, kid: keyId(publicKey), kty, x, y }, alg: 'ES256' },
      signature: signature.toString('base64url'),
      protected: protectedHeader,
    },
  ]
  const added = Buffer.from(`,"signatures":${JSON.stringify(signatures)}`)
  return Buffer.concat([json.subarray(0, formatLength), added, tail])
}

/** Where the last member of the object ends; after it are white space and the brace. */
function lengthBeforeEnd(json: Buffer): number {
  let value: unknown
  try {
    value = JSON.parse(json.toString())
  } catch (cause) {
    throw bad('it is not JSON', cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0) {
    throw bad('it is not a JSON object with members')
  }
  if (Object.hasOwn(value, 'signatures')) throw bad('it has signatures')
  // a letter for each byte, so that lengths are those of bytes
  return json.toString('latin1').trimEnd().slice(0, -1).trimEnd().length
}

/** libtrust's fingerprint: 240 bits of the SHA-256 of the key, as 12 groups of base32. */
function keyId(key: KeyObject): string {
  const bytes = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 30)
  const bits = [...bytes].map(byte => byte.toString(2).padStart(8, '0')).join('')
  const letters = (bits.match(/.{5}/g) ?? []).map(five => base32[Number.parseInt(five, 2)]).join('')
  return (letters.match(/.{4}/g) ?? []).join(':')
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function bad(what: string, cause?: unknown): LadingError {
  return new LadingError('bad-manifest', `the schema 1 manifest cannot be signed: ${what}`, { cause })
}
