import { LadingError } from '../../errors/index.ts'
import { limits } from '../../model/limits.ts'

/** A block of a PEM file (RFC 7468), without the headers that older forms have. */
export interface PemBlock {
  readonly label: string
  readonly bytes: Buffer
}

const block =
  /-----BEGIN ([A-Z0-9 ]+)-----\r?\n((?:[^\r\n:]+: [^\r\n]*\r?\n)*\r?\n)?([A-Za-z0-9+/=\s]*?)-----END \1-----/g
const lineCharacters = 64

/** Every block, in order; text between them is passed over, as openssl writes it. */
export function parsePem(text: string): PemBlock[] {
  if (text.length > limits.fileBytes) throw new LadingError('too-large', 'the PEM text is too long')
  return [...text.matchAll(block)].map(([, label = '', , content = '']) => ({
    label,
    bytes: Buffer.from(content, 'base64'),
  }))
}

export function formatPem({ label, bytes }: { readonly label: string; readonly bytes: Uint8Array }): string {
  const text = Buffer.from(bytes).toString('base64')
  const lines = text.match(new RegExp(`.{1,${lineCharacters}}`, 'g')) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
