import { constants, createECDH, createPrivateKey, type KeyObject, privateEncrypt } from 'node:crypto'

/** The orders of the curves (SEC 2). */
const orders: Readonly<Record<string, bigint>> = {
  prime256v1: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp384r1: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
}

/** What stands before a digest that RSA signs (RFC 8017, section 9.2). */
const digestInfo: Readonly<Record<number, string>> = {
  32: '3031300d060960864801650304020105000420',
  48: '3041300d060960864801650304020205000430',
  64: '3051300d060960864801650304020305000440',
}

/**
 * Signs what is a digest already, as key management services do and node:crypto does not: ECDSA as its two numbers one behind the other,
 * RSA with PKCS #1 v1.5.
 */
export function signDigest(privateKey: KeyObject, digest: Uint8Array): Buffer {
  if (privateKey.asymmetricKeyType === 'rsa') {
    const info = Buffer.concat([Buffer.from(digestInfo[digest.byteLength] ?? '', 'hex'), digest])
    return privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, info)
  }
  const curve = privateKey.asymmetricKeyDetails?.namedCurve ?? ''
  const n = orders[curve] ?? 0n
  const bytes = n.toString(16).length / 2
  const { d = '' } = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })).export({ format: 'jwk' })
  // A key of one use: its private part is ECDSA's nonce, and the x of its public part is r.
  const nonce = createECDH(curve)
  nonce.generateKeys()
  const k = toNumber(nonce.getPrivateKey())
  const r = toNumber(nonce.getPublicKey().subarray(1, 1 + bytes)) % n
  const z = toNumber(digest.subarray(0, bytes))
  const s = (inverse(k, n) * (z + r * toNumber(Buffer.from(d, 'base64url')))) % n
  return Buffer.concat([r, s].map(one => Buffer.from(one.toString(16).padStart(2 * bytes, '0'), 'hex')))
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

/** By Fermat: the modulus is a prime. */
function inverse(value: bigint, prime: bigint): bigint {
  let result = 1n
  let base = value % prime
  for (let exponent = prime - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % prime
    base = (base * base) % prime
  }
  return result
}
