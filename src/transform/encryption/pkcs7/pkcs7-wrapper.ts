import { constants, createCipheriv, publicEncrypt, randomBytes, type X509Certificate } from 'node:crypto'
import type { KeyWrapper } from '../key-wrapper.ts'
import { type Der, derTags, readDer, within, writeDer } from './der.ts'
import { oids } from './names.ts'

const { integer, octets, null: nothing, oid, sequence, set } = derTags
const tagBytes = 16

/**
 * Wraps as ocicrypt does: EnvelopedData (PKCS #7, 10) with AES-128-GCM, and its key for each certificate by RSA as PKCS #1 v1.5 has it.
 *
 * The parameters of the cipher are those that the library behind ocicrypt writes and reads, not those of RFC 5084.
 */
export function pkcs7Wrapper(certificates: readonly X509Certificate[]): KeyWrapper {
  return {
    scheme: 'pkcs7',
    async wrap(secret) {
      const key = randomBytes(16)
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-128-gcm', key, nonce)
      const content = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()])
      const parameters = writeDer(sequence, writeDer(0x84, nonce), number(tagBytes))
      const algorithm = writeDer(sequence, writeDer(oid, oids.aes128Gcm), writeDer(0x10, parameters))
      const encrypted = writeDer(sequence, writeDer(oid, oids.data), algorithm, writeDer(0x80, content))
      const recipients = certificates.map(certificate => recipientInfo(certificate, key))
      const envelope = writeDer(sequence, number(0), writeDer(set, ...recipients), encrypted)
      return writeDer(sequence, writeDer(oid, oids.envelopedData), writeDer(0xa0, envelope))
    },
  }
}

function recipientInfo({ raw, publicKey }: X509Certificate, key: Buffer): Buffer {
  const padding = constants.RSA_PKCS1_PADDING
  const { issuer, serial } = issuerAndSerial(raw)
  return writeDer(
    sequence,
    number(0),
    writeDer(sequence, issuer.whole, serial.whole),
    writeDer(sequence, writeDer(oid, oids.rsa), writeDer(nothing)),
    writeDer(octets, publicEncrypt({ key: publicKey, padding }, key)),
  )
}

/** RFC 5280, 4.1. Node tells both as text alone. */
function issuerAndSerial(certificate: Buffer): { readonly issuer: Der; readonly serial: Der } {
  const [whole] = readDer(certificate)
  const fields = within(within(whole, sequence)[0], sequence).filter(({ tag }) => tag !== 0xa0)
  const [serial, , issuer] = fields
  if (serial?.tag !== integer || issuer?.tag !== sequence) throw new SyntaxError('it is no certificate')
  return { issuer, serial }
}

function number(value: number): Buffer {
  return writeDer(integer, Buffer.from([value]))
}
