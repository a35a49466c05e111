/** Whether a text may be a glob. Brackets may stand in an image name too, so an exact match is tried first. */
export function isGlob(text: string): boolean {
  return /[*?[\]{}]/.test(text)
}

/** Compiles a glob over image names: `*` does not cross a `/`, `**` does. */
export async function compileGlob(pattern: string): Promise<(name: string) => boolean> {
  const { default: picomatch } = await import('picomatch')
  return picomatch(pattern, { dot: true, nonegate: true, noextglob: true, strictSlashes: true })
}
