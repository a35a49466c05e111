/** Names and values in two columns, for people. A field without a value has no line. */
export function alignFields(
  fields: readonly (readonly [name: string, value: string | undefined])[],
  indent = '',
): string {
  const shown = fields.filter(([, value]) => value !== undefined && value !== '')
  const width = Math.max(0, ...shown.map(([name]) => name.length))
  return shown.map(([name, value]) => `${indent}${name.padEnd(width)}  ${value}\n`).join('')
}
