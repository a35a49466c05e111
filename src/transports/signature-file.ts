/**
 * Whether this may be a signature as the containers tools keep it in a file: a binary OpenPGP message, or a zero byte and the name of another
 * format. What a server says instead of one (a page, a JSON error) is text.
 */
export function isSignatureFile(bytes: Uint8Array): boolean {
  const [first] = bytes
  return first !== undefined && (first === 0 || first >= 0x80)
}
