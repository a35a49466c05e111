import { limits } from './limits.ts'

/**
 * What JSON.parse gives, of a document that somebody else wrote. One that is nested deeper than any honest one is refused: whatever walks
 * through it, JSON.stringify too, would run out of stack.
 *
 * @param json text, or bytes that MUST be UTF-8
 * @throws SyntaxError, or TypeError for other bytes: whoever reads the document says which it is
 */
export function readJson(json: string | Uint8Array): unknown {
  const text = typeof json === 'string' ? json : utf8.decode(json)
  const value: unknown = JSON.parse(text)
  if (isTooDeep(text)) throw new SyntaxError(`it is nested more than ${limits.jsonDepth} deep`)
  return value
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Of text that is JSON. */
function isTooDeep(text: string): boolean {
  // what has no more brackets than that cannot be
  if (text.length <= 2 * limits.jsonDepth) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at)
    else if (code === openBracket || code === openBrace) {
      if (++depth > limits.jsonDepth) return true
    } else if (code === closeBracket || code === closeBrace) depth--
  }
  return false
}

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d]

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); ; at = text.indexOf('"', at + 1)) {
    let first = at
    while (text.charCodeAt(first - 1) === backslash) first--
    if ((at - first) % 2 === 0) return at
  }
}
