const mebibyte = 1024 * 1024

/** What is sent in one request, and so what is sent again where a request fails. No service takes smaller parts than 5 MiB. */
export const usualPartBytes = 8 * mebibyte

/** What all uploads of one store hold in memory together. */
export const partMemoryBytes = 64 * mebibyte

/** Parts of one object on their way at once. More do not make it faster, and take the memory of others. */
export const partsInFlight = 4

/**
 * The size of all parts of an object but the last: the same on every machine, so that any of them can go on with an upload, and one
 * for all parts, since R2 refuses others.
 *
 * @param size of the object, in bytes, where it is known
 */
export function partSizeFor(size: number | undefined, maxParts: number, usual = usualPartBytes): number {
  return Math.max(usual, Math.ceil((size ?? 0) / maxParts / mebibyte) * mebibyte)
}
