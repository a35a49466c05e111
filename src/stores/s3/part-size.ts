const mebibyte = 1024 * 1024

/** S3: no upload has more parts. */
export const maxParts = 10_000

/**
 * The size of an object's parts: one for all of them, since R2 refuses others, and the same whenever it is asked for an object,
 * since an upload is continued with the size that it was begun with.
 */
export function partSizeOf(objectBytes: number, smallest: number): number {
  const needed = Math.ceil(objectBytes / maxParts)
  return Math.max(smallest, Math.ceil(needed / mebibyte) * mebibyte)
}
