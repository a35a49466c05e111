import { LadingError } from '../errors/index.ts'
import { version } from '../version.ts'

/** @throws LadingError `bad-argument` where a header could not hold it */
export function userAgent(prefix: string | undefined, own = `lading/${version}`): string {
  if (prefix === undefined || prefix === '') return own
  if (/^[\x20-\x7e]+$/.test(prefix)) return `${prefix} ${own}`
  throw new LadingError('bad-argument', 'the prefix of the user agent holds what no header can', {
    hint: 'letters, digits, spaces and punctuation of ASCII can stand there',
  })
}
