import { readJson } from '../../model/read-json.ts'
import { type ByteStream, bytesOf, readAll, readHead, sniffedBytes } from '../../streams/index.ts'

/** A file of an archive that comes once: kept whole where it is a JSON object, else to be passed on. */
export type ArrivingFile =
  | { readonly kind: 'document'; readonly bytes: Uint8Array }
  | { readonly kind: 'stream'; readonly start: Uint8Array; readonly body: ByteStream }

const brace = 0x7b
const spaces: readonly number[] = [0x09, 0x0a, 0x0d, 0x20]

/** Looks at a file's bytes. More than `maxDocumentBytes` are never held: a larger file is no document, whatever is in it. */
export async function openArrivingFile(
  body: ByteStream,
  size: number,
  maxDocumentBytes: number,
): Promise<ArrivingFile> {
  const head = await readHead(body, sniffedBytes)
  // A part of a chunk would keep all of it in memory.
  const start = Uint8Array.from(Buffer.concat(head.chunks.map(chunk => chunk.subarray(0, sniffedBytes))))
  const first = start.find(byte => !spaces.includes(byte))
  if (size > maxDocumentBytes || first !== brace) return { kind: 'stream', start, body: head.stream() }
  const bytes = await readAll(head.stream(), size, 'a document')
  return isJson(bytes) ? { kind: 'document', bytes } : { kind: 'stream', start, body: bytesOf(bytes).open() }
}

function isJson(bytes: Uint8Array): boolean {
  try {
    readJson(bytes)
    return true
  } catch {
    return false
  }
}
