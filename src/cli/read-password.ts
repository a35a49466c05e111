import { LadingError } from '../errors/index.ts'
import type { ByteStream } from '../streams/index.ts'
import { readAll } from '../streams/index.ts'

const longestPassword = 64 * 1024

/** All of stdin without the line's end that `echo` adds. */
export async function readPassword(stdin: ByteStream): Promise<string> {
  const bytes = await readAll(stdin, longestPassword, 'the password')
  const password = new TextDecoder().decode(bytes).replace(/\r?\n$/, '')
  if (/[\r\n]/.test(password)) throw new LadingError('bad-argument', 'the password has more than one line')
  return password
}
