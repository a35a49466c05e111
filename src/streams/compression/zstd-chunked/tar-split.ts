import type { CompressedDocument } from './compressed-document.ts'
import type { Crc64 } from './crc64.ts'

/** Everything of an archive but its files' content, with which a reader makes of the files the very same archive again. */
export interface TarSplit {
  /** Bytes that are no file's. Those of one header MUST come at once, with the padding before it: readers look for it there. */
  segment(bytes: Uint8Array): Promise<void>
  /** What stands here is the content of this entry: `size` bytes, of which `crc` is the sum. Entries without content come too. */
  file(name: string, size: number, crc: Crc64): Promise<void>
}

/** The format of vbatts/tar-split: a JSON object a line. */
export function createTarSplit(document: CompressedDocument): TarSplit {
  let position = 0
  const write = async (entry: Readonly<Record<string, unknown>>) => {
    await document.write(`${JSON.stringify({ ...entry, position })}\n`)
    position += 1
  }
  return {
    async segment(bytes) {
      if (bytes.byteLength > 0) await write({ type: 2, payload: Buffer.from(bytes).toString('base64') })
    },
    async file(name, size, crc) {
      const content = size === 0 ? { payload: null } : { size, payload: crc.digest().toString('base64') }
      await write({ type: 1, ...(name === '' ? {} : { name }), ...content })
    },
  }
}
