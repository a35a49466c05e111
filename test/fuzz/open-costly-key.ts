import { openEncryptedKey } from '../../src/trust/sigstore/encrypted-key.ts'

/** Opens an encrypted key that asks scrypt for 128 MiB, or for more. Whether it was tried; what it throws is a refusal. */
export async function openCostlyKey(asksForMore: boolean): Promise<boolean> {
  const kdf = { name: 'scrypt', params: { N: 2 ** 17, r: asksForMore ? 9 : 8, p: 1 }, salt: '' }
  const cipher = { name: 'nacl/secretbox', nonce: Buffer.alloc(24).toString('base64') }
  const key = Buffer.from(JSON.stringify({ kdf, cipher, ciphertext: 'AAAA' }))
  const refusal = await openEncryptedKey(key, '').catch((error: Error) => error)
  if (/passphrase/.test(String(refusal))) return true
  throw refusal
}
