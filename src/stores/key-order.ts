/**
 * Compares keys as object stores order them: by their UTF-8 bytes.
 *
 * JavaScript compares UTF-16 units, which puts U+1F600 (a surrogate pair from 0xD800 on) before U+FF01; UTF-8 does not. Moving
 * the surrogates above the rest of the plane gives the order of code points, and that is the order of UTF-8.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

function rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800
  return unit >= 0xd800 ? unit + 0x2000 : unit
}
