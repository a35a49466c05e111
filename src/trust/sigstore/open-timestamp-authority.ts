import { createHash, randomBytes } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import { askService, type Service, serviceUrl } from './service-request.ts'
import type { TimestampAuthority } from './timestamp-authority.ts'

/** An authority that speaks RFC 3161 over HTTP. @param url all of it: `https://timestamp.sigstore.dev/api/v1/timestamp` @throws LadingError `bad-argument` */
export function openTimestampAuthority(http: HttpClient, url: string): TimestampAuthority {
  const service: Service = { http, url, name: 'the timestamp authority' }
  const address = serviceUrl(service, '')
  return {
    async stamp(signature, signal) {
      const headers = { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' }
      const request = { method: 'POST', url: address, headers, body: formatQuery(signature), signal } as const
      const { body } = await askService(service, request, [200, 201])
      await requireStamp(body, signature)
      return body
    },
  }
}

/** TimeStampReq: version 1, SHA-256 of the signature, a nonce, and the certificate is wanted too. All parts are short, so their lengths are one byte. */
function formatQuery(signature: Uint8Array): Buffer {
  const part = (tag: number, ...content: readonly Buffer[]) => {
    const bytes = Buffer.concat(content)
    return Buffer.concat([Buffer.from([tag, bytes.length]), bytes])
  }
  const sha256 = Buffer.from('608648016503040201', 'hex')
  const algorithm = part(0x30, part(0x06, sha256), part(0x05))
  const nonce = randomBytes(6)
  // positive, and as short as it can be
  nonce.writeUInt8((nonce.readUInt8(0) & 0x7f) | 0x40, 0)
  const imprint = part(0x30, algorithm, part(0x04, createHash('sha256').update(signature).digest()))
  return part(0x30, part(0x02, Buffer.from([1])), imprint, part(0x02, nonce), part(0x01, Buffer.from([0xff])))
}

/** What is of something else nobody would take later. @throws LadingError `protocol-error` */
async function requireStamp(answer: Uint8Array, signature: Uint8Array): Promise<void> {
  const { RFC3161Timestamp } = await import('@sigstore/core')
  try {
    const { tstInfo } = RFC3161Timestamp.parse(Buffer.from(answer))
    tstInfo.verify(Buffer.from(signature))
  } catch (cause) {
    throw new LadingError(
      'protocol-error',
      'the timestamp authority answered with something else than a timestamp of this',
      { cause },
    )
  }
}
