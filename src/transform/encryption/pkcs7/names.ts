/** Object identifiers, as DER has them: PKCS #7, PKCS #1, NIST's list of AES. */
export const oids = {
  data: oid('2a864886f70d010701'),
  envelopedData: oid('2a864886f70d010703'),
  rsa: oid('2a864886f70d010101'),
  rsaOaep: oid('2a864886f70d010107'),
  aes128Cbc: oid('608648016503040102'),
  aes128Gcm: oid('608648016503040106'),
  aes192Cbc: oid('608648016503040116'),
  aes192Gcm: oid('60864801650304011a'),
  aes256Cbc: oid('60864801650304012a'),
  aes256Gcm: oid('60864801650304012e'),
  sha1: oid('2b0e03021a'),
  sha256: oid('608648016503040201'),
  sha384: oid('608648016503040202'),
  sha512: oid('608648016503040203'),
} as const

function oid(hex: string): Buffer {
  return Buffer.from(hex, 'hex')
}
