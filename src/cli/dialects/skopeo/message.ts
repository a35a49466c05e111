import type { LadingError } from '../../../errors/index.ts'

/** Commands that go by the same name here. */
const sameCommands = /`lading (copy|delete|inspect|list-tags|login|logout|manifest-digest|sync)\b/g

/** An error on one line: where, what, and what to do. */
export function skopeoMessage({ operation, subject, side, message, hint }: LadingError): string {
  const place = [operation, subject, side === undefined ? undefined : `(${side})`].filter(one => one !== undefined)
  const said = `${place.length === 0 ? '' : `${place.join(' ')}: `}${message}`
  return hint === undefined ? said : `${said}; ${hint.replaceAll(sameCommands, '`skopeo $1')}`
}
