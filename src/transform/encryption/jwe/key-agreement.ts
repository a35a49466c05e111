import { createHash, diffieHellman, type KeyObject } from 'node:crypto'

export const keyWrapBits = { 'ECDH-ES+A128KW': 128, 'ECDH-ES+A192KW': 192, 'ECDH-ES+A256KW': 256 } as const
type AgreementAlgorithm = keyof typeof keyWrapBits

/** The key that both ends of ECDH-ES come to: RFC 7518, 4.6.2, whose one round of SHA-256 is enough for 256 bits. */
export function agreedKey(
  algorithm: AgreementAlgorithm,
  keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
  { apu = '', apv = '' }: { readonly apu?: string | undefined; readonly apv?: string | undefined } = {},
): Buffer {
  const bits = keyWrapBits[algorithm]
  const named = (value: Buffer) => [number32(value.byteLength), value]
  const info = [Buffer.from(algorithm, 'ascii'), Buffer.from(apu, 'base64url'), Buffer.from(apv, 'base64url')].flatMap(
    named,
  )
  const hash = createHash('sha256').update(number32(1)).update(diffieHellman(keys))
  for (const part of info) hash.update(part)
  return hash
    .update(number32(bits))
    .digest()
    .subarray(0, bits / 8)
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
