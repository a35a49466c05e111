const mebibyte = 1024 * 1024

/** What is sent in one request, and so what is sent again where a request fails. */
export const usualPartSize = 16 * mebibyte

/** Of one blob; a block may have 4000 MiB. https://learn.microsoft.com/azure/storage/blobs/scalability-targets */
const maxBlocks = 50_000

/** The size of all parts of an upload but the last: the same on every machine, so that any of them can go on with it. */
export function partSizeFor(size: number | undefined): number {
  if (size === undefined) return usualPartSize
  return Math.max(usualPartSize, Math.ceil(size / maxBlocks / mebibyte) * mebibyte)
}
