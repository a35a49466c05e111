/** The same object without the fields that are undefined: an option that was not given is not there. */
export function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined)
  // Object.entries forgets the keys' types; dropping a field is all that the mapped type says
  return Object.fromEntries(present) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
