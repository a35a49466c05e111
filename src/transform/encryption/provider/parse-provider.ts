/** `name`, or `name:what is said to it`. A provider to which nothing is said is told that it is wanted. */
export function parseProvider(text: string): { readonly provider: string; readonly given: string } {
  const colon = text.indexOf(':')
  return colon > 0
    ? { provider: text.slice(0, colon), given: text.slice(colon + 1) }
    : { provider: text, given: 'Enabled' }
}
