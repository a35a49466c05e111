import type { LadingError } from '../../../errors/index.ts'
import { printable } from '../../printable.ts'

/** Commands that go by the same name here. */
const sameCommands = /`lading (copy|delete|inspect|list-tags|login|logout|manifest-digest|sync)\b/g

/** Commands whose options are said of one side. */
const sidedCommands: ReadonlySet<string | undefined> = new Set(['copy', 'sync'])

/** An error on one line: where, what, and what to do. */
export function skopeoMessage(
  { code, operation, subject, side, message, hint }: LadingError,
  command?: string,
): string {
  const place = [operation, subject, side === undefined ? undefined : `(${side})`].filter(one => one !== undefined)
  const said = `${place.length === 0 ? '' : `${place.join(' ')}: `}${message}`
  const whole = hint === undefined ? said : `${said}; ${inSkopeo(hint)}`
  // the lines of such a message are our own, text from elsewhere has none
  return code === 'bad-argument' ? whole : printable(whole)

  function inSkopeo(text: string): string {
    const named = text.replaceAll(sameCommands, '`skopeo $1')
    if (!sidedCommands.has(command) || (side !== 'source' && side !== 'destination')) return named
    return named.replaceAll(/(?<!\S)--(?=tls-verify|cert-dir|creds)/g, side === 'source' ? '--src-' : '--dest-')
  }
}
