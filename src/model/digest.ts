import { createHash, type Hash } from 'node:crypto'
import { LadingError } from '../errors/index.ts'

/** `<algorithm>:<hex>`, as the image specification's descriptor.md#digests registers them: sha256 and sha512. */
export type Digest = `${DigestAlgorithm}:${string}`
export type DigestAlgorithm = 'sha256' | 'sha512'

const hexLength: Record<DigestAlgorithm, number> = { sha256: 64, sha512: 128 }
const grammar = /^(sha256|sha512):([a-f0-9]+)$/

export function isDigest(text: string): text is Digest {
  const match = grammar.exec(text)
  return match?.[2] !== undefined && match[2].length === hexLength[match[1] as DigestAlgorithm]
}

/** @throws LadingError `bad-reference` where `text` is not a digest of a known algorithm. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw new LadingError('bad-reference', `${JSON.stringify(text)} is not a digest`, {
    hint: 'a digest is sha256: and 64, or sha512: and 128, lower-case hexadecimal digits',
  })
}

export function digestParts(digest: Digest): { algorithm: DigestAlgorithm; hex: string } {
  const colon = digest.indexOf(':')
  return { algorithm: digest.slice(0, colon) as DigestAlgorithm, hex: digest.slice(colon + 1) }
}

export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** A digest being made of bytes as they pass. */
export interface Digester {
  update(chunk: Uint8Array): void
  /** Of all bytes so far. The digester is used up. */
  digest(): Digest
  /** Another digester that has seen the same bytes. */
  copy(): Digester
}

export function createDigester(algorithm: DigestAlgorithm = 'sha256'): Digester {
  return digesterOf(algorithm, createHash(algorithm))
}

function digesterOf(algorithm: DigestAlgorithm, hash: Hash): Digester {
  return {
    update: chunk => void hash.update(chunk),
    digest: () => `${algorithm}:${hash.digest('hex')}`,
    copy: () => digesterOf(algorithm, hash.copy()),
  }
}

/** The digest in the form people compare: algorithm and the first 12 hexadecimal digits. */
export function shortDigest(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest)
  return `${algorithm}:${hex.slice(0, 12)}`
}
