const maxShown = 200

/**
 * The path that an unpacking would write, relative to its folder: `./a//b/` and `/a/b` are `a/b`. `undefined` where it leads out
 * of the folder, or is the folder itself.
 */
export function cleanName(name: string): string | undefined {
  const parts: string[] = []
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.length === 0 ? undefined : parts.join('/')
}

/** A name from an archive, for a message: whatever is in it stays on one line. */
export function shownName(name: string): string {
  return JSON.stringify(name.length > maxShown ? `${name.slice(0, maxShown)}…` : name)
}
