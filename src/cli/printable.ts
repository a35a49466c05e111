// Cc: control characters, escape sequences among them. The rest would reorder or break the line it stands in.
const unprintable = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/**
 * Text that came from elsewhere, fit for a terminal and for one line: a name or an annotation must not move the cursor.
 *
 * Each such character is replaced, not removed, so that no name becomes another valid name.
 */
export function printable(text: string): string {
  return text.replace(unprintable, '\ufffd')
}

/** Text of several lines of our own, the rest as safe. */
export function printableLines(text: string): string {
  return text
    .split(/([\n\t])/)
    .map((part, at) => (at % 2 === 1 ? part : printable(part)))
    .join('')
}

/** JSON that is as safe to show: the same value, those characters escaped. JSON.stringify itself escapes C0 alone. */
export function printableJson(value: unknown, indent?: number): string {
  // line breaks that are in the text here are those of the indentation
  return JSON.stringify(value, null, indent).replace(unprintable, character =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
