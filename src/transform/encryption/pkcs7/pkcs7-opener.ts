import { constants, createDecipheriv, type KeyObject, privateDecrypt } from 'node:crypto'
import type { KeyOpener } from '../key-wrapper.ts'
import { contentOf, type Der, derTags, readDer, within } from './der.ts'
import { oids } from './names.ts'

const { integer, octets, oid, sequence, set } = derTags
const tagBytes = 16
const mostRecipients = 1000

/**
 * Opens what is for this key, whichever of the recipients it is. The certificate, by which others find theirs, is not needed: a key
 * that a recipient's part was not made for gives another content key, which does not open the content.
 */
export function pkcs7Opener(name: string, key: KeyObject): KeyOpener {
  return {
    scheme: 'pkcs7',
    name,
    async open(wrapped) {
      try {
        return openEnvelope(Buffer.from(wrapped), key)
      } catch {
        return undefined
      }
    },
  }
}

function openEnvelope(bytes: Buffer, key: KeyObject): Buffer | undefined {
  const [type, body] = within(readDer(bytes)[0], sequence)
  requireOid(type, oids.envelopedData)
  const [, recipients, encrypted] = within(within(body, 0xa0)[0], sequence)
  const [contentType, algorithm, content] = within(encrypted, sequence)
  requireOid(contentType, oids.data)
  for (const recipient of within(recipients, set).slice(0, mostRecipients)) {
    try {
      const [, , keyAlgorithm, wrapped] = within(recipient, sequence)
      return openContent(ciphertextOf(content), within(algorithm, sequence), unwrap(keyAlgorithm, wrapped, key))
    } catch {
      // It is for another certificate.
    }
  }
  return undefined
}

function unwrap(algorithm: Der | undefined, wrapped: Der | undefined, key: KeyObject): Buffer {
  requireOid(within(algorithm, sequence)[0], oids.rsa)
  return privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, contentOf(wrapped, octets))
}

/** One string of octets, or several that belong together. */
function ciphertextOf(content: Der | undefined): Buffer {
  if (content?.tag === 0xa0) return Buffer.concat(within(content, 0xa0).map(part => contentOf(part, octets)))
  return contentOf(content, 0x80)
}

/**
 * GCM alone, which is what ocicrypt writes. With CBC nothing says whether the content was changed: an answer to each of many changed ones
 * would tell what it is, and who has a message in GCM can call it one in CBC.
 */
function openContent(content: Buffer, [name, parameters]: readonly Der[], key: Buffer): Buffer {
  for (const bits of [128, 192, 256] as const) {
    if (isOid(name, oids[`aes${bits}Gcm`])) return openGcm(content, gcmNonce(parameters), key, bits)
  }
  throw new SyntaxError('the cipher is not known')
}

function openGcm(content: Buffer, nonce: Buffer, key: Buffer, bits: 128 | 192 | 256): Buffer {
  const cipher = createDecipheriv(`aes-${bits}-gcm`, key, nonce, { authTagLength: tagBytes })
  const end = content.byteLength - tagBytes
  if (end < 0) throw new SyntaxError('it breaks off')
  cipher.setAuthTag(content.subarray(end))
  return Buffer.concat([cipher.update(content.subarray(0, end)), cipher.final()])
}

/** As RFC 5084 has it, and as the library behind ocicrypt writes it: a sequence within one that is not marked as such, its nonce under a tag. */
function gcmNonce(parameters: Der | undefined): Buffer {
  const inner = parameters?.tag === 0x10 ? readDer(parameters.content)[0] : parameters
  const [nonce, length] = within(inner, sequence)
  // The short tags that a length could ask for would be guessed.
  if (!contentOf(length, integer).equals(Buffer.from([tagBytes]))) throw new SyntaxError('the tag has another length')
  return contentOf(nonce, nonce?.tag === 0x84 ? 0x84 : octets)
}

function isOid(element: Der | undefined, name: Buffer): boolean {
  return element?.tag === oid && element.content.equals(name)
}

function requireOid(element: Der | undefined, name: Buffer): void {
  if (!isOid(element, name)) throw new SyntaxError('it is something else')
}
