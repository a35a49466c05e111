import { type ByteStream, readAll } from '../../streams/index.ts'

/** A file of an archive that comes once: kept whole where it is a JSON object, else to be passed on. */
export type ArrivingFile =
  | { readonly kind: 'document'; readonly bytes: Uint8Array }
  | { readonly kind: 'stream'; readonly start: Uint8Array; readonly body: ByteStream }

const brace = 0x7b
const spaces: readonly number[] = [0x09, 0x0a, 0x0d, 0x20]

/** Enough to tell a compression by. */
const startBytes = 16

/** Looks at a file's bytes. More than `maxDocumentBytes` are never held: a larger file is no document, whatever is in it. */
export async function openArrivingFile(
  body: ByteStream,
  size: number,
  maxDocumentBytes: number,
): Promise<ArrivingFile> {
  const iterator = body[Symbol.asyncIterator]()
  const head: Uint8Array[] = []
  for (let read = 0; read < startBytes; ) {
    const next = await iterator.next()
    if (next.done === true) break
    head.push(next.value)
    read += next.value.byteLength
  }
  // A part of a chunk would keep all of it in memory.
  const start = Uint8Array.from(Buffer.concat(head.map(chunk => chunk.subarray(0, startBytes)))).subarray(0, startBytes)
  const rest = resumed(head, iterator)
  const first = start.find(byte => !spaces.includes(byte))
  if (size > maxDocumentBytes || first !== brace) return { kind: 'stream', start, body: rest }
  const bytes = await readAll(rest, size, 'a document')
  return isJson(bytes) ? { kind: 'document', bytes } : { kind: 'stream', start, body: resumed([bytes]) }
}

async function* resumed(
  head: readonly Uint8Array[],
  rest?: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* head
  if (rest !== undefined) yield* { [Symbol.asyncIterator]: () => rest }
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return true
  } catch {
    return false
  }
}
