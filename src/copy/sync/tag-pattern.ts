import { LadingError } from '../../errors/index.ts'

const posixClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`\\{-~',
  upper: 'A-Z',
  word: '\\w',
  xdigit: '0-9A-Fa-f',
}

/** What Go writes otherwise, outside and inside of brackets. Each is tried where the last one ended. */
const differences = /\\A|\\z|\\Q(.*?)(?:\\E|$)|\(\?P<|\[:(\w+):\]|\\([^A-Za-z0-9\s])|\\./gs

/**
 * Compiles a regular expression of Go's syntax, which skopeo-sync(1) has, and which matches anywhere in a tag.
 *
 * @throws LadingError `bad-argument`
 */
export function compileTagPattern(text: string): (tag: string) => boolean {
  const [, flags = '', rest = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(text) ?? []
  const fail = (cause?: unknown) =>
    new LadingError('bad-argument', `${JSON.stringify(text)} is not a regular expression`, { cause })
  const source = rest.replace(differences, (found, literal?: string, posix?: string, mark?: string) => {
    if (found === '\\A') return '^'
    if (found === '\\z') return '$'
    if (literal !== undefined) return literal.replace(/[^A-Za-z0-9]/gu, escapeCharacter)
    if (found === '(?P<') return '(?<'
    if (posix !== undefined) {
      const characters = posixClasses[posix]
      if (characters === undefined) throw fail()
      return characters
    }
    return mark === undefined ? found : escapeCharacter(mark)
  })
  try {
    const pattern = new RegExp(source, `u${flags}`)
    return tag => pattern.test(tag)
  } catch (cause) {
    throw fail(cause)
  }
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
