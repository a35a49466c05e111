import { LadingError } from '../errors/index.ts'

/** What S3 allows, in bytes of UTF-8. The other stores allow as much or more. */
const maxKeyBytes = 1024

/** A store's own workshop. It is not part of a bucket: nothing is listed, read or written there through `ObjectStore`. */
const privatePrefixes = ['lading/tmp/', 'lading/locks/']

/** @throws LadingError `bad-argument` where no store may keep an object under `key` */
export function checkKey(key: string): void {
  if (key === '') throw bad(key, 'it is empty')
  checkParts(key, key.split('/'))
}

/** A prefix may end anywhere in a key: its last component is not whole, and `..` begins `..a` too. @throws LadingError `bad-argument` */
export function checkPrefix(prefix: string): void {
  checkParts(prefix, prefix.split('/').slice(0, -1))
}

/** Whether the key, or every key below it where it ends with a slash, is the store's own. */
export function isPrivateKey(key: string): boolean {
  return privatePrefixes.some(prefix => `${key}/`.startsWith(prefix))
}

function checkParts(key: string, parts: readonly string[]): void {
  if (!key.isWellFormed()) throw bad(key, 'it is not valid Unicode')
  if (Buffer.byteLength(key) > maxKeyBytes) throw bad(key, `it is longer than ${maxKeyBytes} bytes`)
  for (const part of parts) {
    if (part === '') throw bad(key, 'it has an empty component')
    if (part === '.' || part === '..') throw bad(key, `it has the component ${JSON.stringify(part)}`)
  }
  if (key.includes('\\')) throw bad(key, 'it has a backslash')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f-\x9f]/.test(key)) throw bad(key, 'it has a control character')
  if (isPrivateKey(key)) throw bad(key, 'it belongs to the store itself')
}

function bad(key: string, why: string): LadingError {
  const shown = key.length > 80 ? `${key.slice(0, 80)}…` : key
  return new LadingError('bad-argument', `${JSON.stringify(shown)} cannot be an object's key: ${why}`)
}
