/** Object identifiers, as DER has them: PKCS #7, PKCS #1, NIST's list of AES. */
export const oids = {
  data: oid('2a864886f70d010701'),
  envelopedData: oid('2a864886f70d010703'),
  rsa: oid('2a864886f70d010101'),
  aes128Gcm: oid('608648016503040106'),
  aes192Gcm: oid('60864801650304011a'),
  aes256Gcm: oid('60864801650304012e'),
} as const

function oid(hex: string): Buffer {
  return Buffer.from(hex, 'hex')
}
