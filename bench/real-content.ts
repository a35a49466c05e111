import { createReadStream } from 'node:fs'
import { glob } from 'node:fs/promises'
import path from 'node:path'

/**
 * What programs are made of, as images hold it: libraries and sources of this machine. Every call goes on where the one before it
 * stopped, so that no two layers are the same; where there are too few, they come again.
 */
export function realContent(): (bytes: number) => AsyncIterable<Uint8Array> {
  const source = endlessContent()
  let rest: Uint8Array = new Uint8Array()
  return async function* (bytes) {
    for (let left = bytes; left > 0; ) {
      if (rest.byteLength === 0) {
        const next = await source.next()
        if (next.done) return
        rest = next.value
      }
      const piece = rest.subarray(0, left)
      rest = rest.subarray(piece.byteLength)
      left -= piece.byteLength
      yield piece
    }
  }
}

async function* endlessContent(): AsyncGenerator<Uint8Array, void> {
  const folders = ['/usr/lib', path.join(import.meta.dirname, '../node_modules')]
  for (let found = true; found; ) {
    found = false
    for (const cwd of folders) {
      for await (const entry of glob('**/*', { cwd, withFileTypes: true })) {
        if (!entry.isFile()) continue
        const file = createReadStream(path.join(entry.parentPath, entry.name), { highWaterMark: 1024 * 1024 })
        for await (const chunk of file) {
          found = true
          yield chunk
        }
      }
    }
  }
  throw new Error(`there is nothing in ${folders.join(', ')}`)
}
